// runexp import: weights that PyTorch saved, as a run that samples, evaluates and lends itself.
#include <fmt/format.h>

#include <algorithm>

#include <unroll/core/error.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/trainer.hpp>

#include "../exchange/torch_import.hpp"
#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "json_output.hpp"
#include "new_run.hpp"
#include "open_run.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string weights, like, output;
  std::vector<std::string> renames, plugins;
  bool partial = false, force = false, json = false;
};

/// An untrained run of an experiment, which learns its vocabulary from the data.
RunRecord untrained(const Options& options) {
  ExperimentArguments arguments;
  arguments.file = options.like;
  arguments.plugins = options.plugins;
  const CheckedExperiment experiment = read(arguments);
  Trainer trainer(experiment.options, *experiment.registry);
  RunRecord record = make_record(experiment, trainer);
  record.weights = save_weights(trainer.model());
  return record;
}

std::vector<ModuleName> module_names(const std::vector<std::string>& renames) {
  std::vector<ModuleName> names;
  for (const std::string& rename : renames) {
    const std::size_t equals = rename.find('=');
    if (equals == std::string::npos)
      fail(Failure::usage, "--rename {}: expected NAME=NAME_IN_THE_FILE", rename);
    names.push_back({rename.substr(0, equals), rename.substr(equals + 1)});
  }
  return names;
}

/// Where the weights came from, for /environment/import.
Archive origin(const Options& options, const TorchImport& found) {
  Archive archive;
  archive.put("file", options.weights);
  archive.put("sha256", sha256_of_file(options.weights));
  std::vector<std::string> tensors, froms, shapes, notes;
  std::vector<std::uint8_t> taken;
  for (const ImportRow& row : found.rows) {
    tensors.push_back(row.tensor);
    froms.push_back(row.from);
    shapes.push_back(row.shape);
    notes.push_back(row.note);
    taken.push_back(row.taken ? 1 : 0);
  }
  const auto count = static_cast<std::int64_t>(found.rows.size());
  archive.put("tensor", Array{{count}, tensors, {}});
  archive.put("from", Array{{count}, froms, {}});
  archive.put("shape", Array{{count}, shapes, {}});
  archive.put("taken", Array{{count}, taken, {}});
  archive.put("note", Array{{count}, notes, {}});
  return archive;
}

void print_rows(const TorchImport& found) {
  std::size_t names = 0, shapes = 0;
  for (const ImportRow& row : found.rows) {
    names = std::max(names, row.tensor.size());
    shapes = std::max(shapes, row.shape.size());
  }
  std::size_t taken = 0;
  for (const ImportRow& row : found.rows) {
    taken += row.taken ? 1 : 0;
    const std::string from = row.taken && row.from != row.tensor ? "from " + row.from : "";
    fmt::print("{:<{}}  {:<{}}  {}{}{}\n", printable(row.tensor), names, row.shape, shapes,
               printable(from), from.empty() || row.note.empty() ? "" : ", ", printable(row.note));
  }
  fmt::print("{} of {} tensors taken\n", taken, found.rows.size());
  if (!found.unused.empty()) fmt::print("not used: {}\n", printable(join(found.unused)));
}

int run_import(const Options& options) {
  const TensorFile file = read_tensor_file(options.weights);
  RunRecord record = looks_like_run(options.like) ? read_run(options.like) : untrained(options);
  if (record.best) record.weights = record.best->weights;
  record.best.reset();
  const DescribedRun like = describe_run(record, WhichWeights::last, options.like);
  const TorchImport found =
      import_torch(file, options.weights, like, module_names(options.renames), options.partial);
  RunRecord made;  // of what was measured and written with other weights nothing stays
  made.experiment = record.experiment;
  made.config_source = record.config_source;
  made.config_resolved = record.config_resolved;
  made.environment = record.environment;
  made.environment.merge("import", origin(options, found));
  made.vocabulary = record.vocabulary;
  made.weights = found.weights;
  RunWriter writer = RunWriter::create(options.output, made, options.force);
  writer.checkpoint({0, found.weights, {}, {}});
  writer.finish(RunStatus::completed);
  const bool knows_tokens = file.texts.contains("vocabulary") || file.texts.contains("tokens");
  if (like.vocabulary.has("tokens") && !knows_tokens)
    fmt::print(stderr,
               "runexp: {} does not say what its tokens are: its ids are taken for those of {}\n",
               printable(options.weights), printable(options.like));
  if (options.json) {
    Json rows = Json::array();
    for (const ImportRow& row : found.rows)
      rows.push_back({{"tensor", row.tensor},
                      {"from", row.from},
                      {"shape", row.shape},
                      {"taken", row.taken},
                      {"note", row.note}});
    print_json({{"run_file", options.output}, {"tensors", rows}, {"unused", found.unused}});
    return 0;
  }
  print_rows(found);
  fmt::print("{}\n", printable(options.output));
  return 0;
}

}  // namespace

void add_import(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(
      app, chosen, "import", "makes a run of weights that PyTorch saved",
      "runexp import char_lstm.safetensors --like runs/char_lstm.h5 -o runs/back.h5\n"
      "  runexp import mine.safetensors --like experiments/char_lstm.yaml --rename output=head "
      "-o runs/mine.h5",
      options, run_import);
  command
      .add_option("weights", options->weights,
                  "a state_dict as .safetensors, or as .npz by numpy.savez")
      ->required()
      ->type_name("WEIGHTS");
  command
      .add_option("--like", options->like,
                  "a run or an experiment of that model: configuration and vocabulary")
      ->required()
      ->type_name("RUN.h5|EXPERIMENT.yaml");
  command.add_option("-o,--output", options->output, "the run file to make")
      ->required()
      ->type_name("NEW.h5");
  command
      .add_option("--rename", options->renames,
                  "what a module of the model is called in the file; repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME=NAME_IN_THE_FILE");
  command.add_flag("--partial", options->partial,
                   "what the file lacks stays as --like has it, for an experiment as at its start");
  command.add_option("--plugins", options->plugins, "a folder or library to look in besides")
      ->allow_extra_args(false);
  add_no_fetch(command);
  command.add_flag("--force", options->force, "replaces a run file that exists");
  command.add_flag("--json", options->json, "what became of each tensor, as JSON");
}

}  // namespace unroll::cli
