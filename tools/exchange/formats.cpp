#include "formats.hpp"

#include <array>

#include "csv.hpp"
#include "keras_weights.hpp"
#include "onnx_models.hpp"
#include "tensor_file.hpp"
#include "tensorboard.hpp"
#include "torch_weights.hpp"

namespace unroll {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<ExportedFile>;

std::map<std::string, std::string> texts_of(const DescribedRun& run) {
  return {{"run", json_text(about_run(run))},
          {"config", json_text(json_of(run.config))},
          {"vocabulary", json_text(vocabulary_of(run))}};
}

/// `axes` and `gates` of each weight, which the arrays themselves cannot hold.
Json notes_of(const Archive& weights) {
  Json notes = Json::object();
  for (const auto& [name, array] : weights.entries())
    if (!array.attributes.empty()) notes[name] = array.attributes;
  return notes;
}

Files write_npz(RunRecord record, WhichWeights which, const fs::path& output,
                const std::string& name) {
  const DescribedRun run = describe_run(std::move(record), which, name);
  TensorFile file{{}, texts_of(run)};
  Json texts = Json::object();
  for (const auto& [path, array] : run.weights.entries()) {
    if (const auto* words = std::get_if<std::vector<std::string>>(&array.values))
      texts[path] = *words;
    else
      file.tensors.put(path, array);
  }
  file.texts["notes"] = json_text(notes_of(run.weights));
  if (!texts.empty()) file.texts["texts"] = json_text(texts);
  return {{output, to_npz(file)}};
}

Files write_torch(RunRecord record, WhichWeights which, const fs::path& output,
                  const std::string& name) {
  const DescribedRun run = describe_run(std::move(record), which, name);
  const TensorFile file{to_torch(run.weights, model_choice(run.config)), texts_of(run)};
  return {{output, tensor_file_bytes(file, output)}};
}

Files write_keras(RunRecord record, WhichWeights which, const fs::path& output,
                  const std::string& name) {
  const DescribedRun run = describe_run(std::move(record), which, name);
  return {{output, to_npz({to_keras(run.weights, model_choice(run.config)), texts_of(run)})}};
}

Files write_onnx(RunRecord record, WhichWeights which, const fs::path& output,
                 const std::string& name) {
  const DescribedRun run = describe_run(std::move(record), which, name);
  Files files;
  for (OnnxModel& model : to_onnx(run)) {
    fs::path path = output;
    if (!model.part.empty()) path.replace_extension("." + model.part + output.extension().string());
    files.push_back({path, std::move(model.bytes)});
  }
  return files;
}

Files write_csv(RunRecord record, WhichWeights /*which*/, const fs::path& output,
                const std::string& /*name*/) {
  Files files = {{output, metrics_csv(record)}};
  fs::path beside = output;
  beside.replace_extension(".samples.csv");
  if (!record.samples.empty()) files.push_back({beside, samples_csv(record)});
  return files;
}

Files write_tensorboard(RunRecord record, WhichWeights /*which*/, const fs::path& output,
                        const std::string& /*name*/) {
  Files files;
  for (auto& [path, bytes] : tensorboard_files(record))
    files.push_back({output / path, std::move(bytes)});
  return files;
}

constexpr std::array kFormats = {
    ExportFormat{"onnx", ".onnx", "a model that onnxruntime and others run", false, true,
                 write_onnx},
    ExportFormat{"npz", ".npz", "weights by the run's own names, for NumPy", false, true,
                 write_npz},
    ExportFormat{"torch", ".safetensors", "weights as PyTorch's modules name and shape them", false,
                 true, write_torch},
    ExportFormat{"keras", ".keras.npz", "weights as Keras's layers name and shape them", false,
                 true, write_keras},
    ExportFormat{"tensorboard", ".tensorboard", "figures, samples and histograms for TensorBoard",
                 true, false, write_tensorboard},
    ExportFormat{"csv", ".csv", "figures, and samples beside them", false, false, write_csv},
};

}  // namespace

std::span<const ExportFormat> export_formats() {
  return kFormats;
}

}  // namespace unroll
