// What a run's own model says of given inputs, for comparison with other programs:
//
//   logits_of RUN.h5 INPUTS.npz LOGITS.npy [PLUGINS…]
//
// INPUTS holds what the model reads: ids [T, N], lengths [N] (longest first), features, labels [N];
// and for a model that writes a text tokens [U, N], fed to it one after another. LOGITS is what it
// gives: [T, N, V], [N, C], [N, K] or [U, N, V].
#include <fmt/format.h>

#include <cstdio>
#include <numeric>

#include <unroll/core/files.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/training/model.hpp>

#include "../../tools/exchange/npy.hpp"
#include "../../tools/exchange/tensor_file.hpp"

namespace {

using namespace unroll;

Shape shape_of(const Array& array) {
  return Shape(std::span<const std::int64_t>(array.shape));
}

Tensor integers(const Array& array) {
  std::vector<std::int32_t> values;
  for (const std::int64_t value : std::get<std::vector<std::int64_t>>(array.values))
    values.push_back(static_cast<std::int32_t>(value));
  return Tensor::of<std::int32_t>(shape_of(array), values);
}

Batch batch_of(const Archive& inputs, const Domain& domain) {
  Batch batch;
  std::int64_t lanes = 0;
  if (inputs.has("ids")) batch.inputs = integers(inputs.array("ids"));
  if (inputs.has("ids")) lanes = batch.inputs.dim(1);
  if (inputs.has("features")) {
    const Array& array = inputs.array("features");
    std::vector<float> values = std::get<std::vector<float>>(array.values);
    if (domain.features.active())
      domain.features.apply(values, scaling_run(domain.fields.features));
    batch.features = Tensor::of<float>(shape_of(array), values);
    lanes = array.shape[array.shape.size() == 3 ? 1 : 0];
  }
  if (inputs.has("labels")) batch.labels = integers(inputs.array("labels"));
  if (inputs.has("labels")) lanes = batch.labels.dim(0);
  if (inputs.has("lengths"))
    for (const std::int64_t length :
         std::get<std::vector<std::int64_t>>(inputs.array("lengths").values))
      batch.lengths.push_back(static_cast<std::int32_t>(length));
  batch.examples.resize(static_cast<std::size_t>(lanes));
  std::iota(batch.examples.begin(), batch.examples.end(), 0);
  return batch;
}

/// Logits of one step after another.
Array written(Decoder& decoder, const Tensor& tokens) {
  std::vector<float> all;
  const std::int64_t steps = tokens.dim(0), lanes = tokens.dim(1);
  std::size_t width = 0;
  for (std::int64_t t = 0; t < steps; ++t) {
    const auto logits = decoder.next(tokens[t].span<TokenId>());
    width = logits.size() / static_cast<std::size_t>(lanes);
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return {{steps, lanes, static_cast<std::int64_t>(width)}, std::move(all), {}};
}

Array logits(Model& model, const Archive& inputs) {
  Batch batch = batch_of(inputs, *model.domain);
  const Task::Goal goal = model.task().goal;
  const auto lanes = static_cast<std::int64_t>(batch.examples.size());
  if (goal == Task::Goal::next_token) {
    const auto decoder = model.architecture->decoder(lanes);
    decoder->reset();
    return written(*decoder, batch.inputs);
  }
  if (goal == Task::Goal::text) {
    const auto decoder = model.architecture->decoder(lanes);
    decoder->begin(batch);
    return written(*decoder, integers(inputs.array("tokens")));
  }
  if (goal == Task::Goal::tags) batch.targets = Tensor::zeros(batch.inputs.shape(), DType::i32);
  if (goal == Task::Goal::label) batch.labels = Tensor::zeros({lanes}, DType::i32);
  if (goal == Task::Goal::values)
    batch.values = Tensor::zeros(
        {lanes, static_cast<std::int64_t>(model.domain->fields.values.size())}, DType::f32);
  Graph graph(Graph::Mode::infer);
  Carry carry;
  const Tensor output = model.architecture->run(graph, batch, carry, nullptr).output;
  const auto values = output.span<float>();
  const auto dims = output.shape().dims();
  return {{dims.begin(), dims.end()}, std::vector<float>(values.begin(), values.end()), {}};
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    fmt::print(stderr, "usage: logits_of RUN.h5 INPUTS.npz LOGITS.npy [PLUGINS…]\n");
    return 2;
  }
  Engine::get().set_threads(1);
  Registry registry;
  for (int i = 4; i < argc; ++i) registry.add(argv[i]);
  Model model = load_model(open_run(argv[1]), registry);
  const TensorFile inputs = read_tensor_file(argv[2]);
  write_file_atomically(argv[3], to_npy(logits(model, inputs.tensors)));
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "logits_of: {}\n", error.what());
  return 1;
}
