#include <unroll/training/experiment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include <unroll/core/text.hpp>
#include <unroll/training/schedule.hpp>

namespace unroll {
namespace {

/// The plugins, and the schedules as if they were plugins too.
class WithSchedules final : public PluginCatalogue {
 public:
  explicit WithSchedules(const PluginCatalogue& plugins) : plugins_(plugins) {}
  std::vector<std::string> names(std::string_view kind) const override {
    return kind == "schedule" ? schedule_names() : plugins_.names(kind);
  }
  Node resolve(std::string_view kind, const PluginChoice& choice,
               Problems& problems) const override {
    return kind == "schedule" ? resolve_schedule(choice, problems)
                              : plugins_.resolve(kind, choice, problems);
  }

 private:
  const PluginCatalogue& plugins_;
};

/// `{dataset: text, corpus: …}` as `{text: {corpus: …}}`.
Node data_as_choice(const Node& data) {
  const Node* name = data.find("dataset");
  if (name == nullptr || !name->is_scalar()) return data;
  std::vector<Node::Entry> rest;
  for (const Node::Entry& entry : data.entries())
    if (entry.key != "dataset") rest.push_back(entry);
  return Node::map({{name->text(), name->mark(), Node::map(std::move(rest), data.mark())}},
                   name->mark());
}

/// `RUN.h5` as `{run: RUN.h5}`, and a map of weights as a list of pairs.
Node transfer_as_map(const Node& transfer) {
  if (transfer.is_scalar()) return Node::map({{"run", transfer.mark(), transfer}}, transfer.mark());
  const Node* weights = transfer.find("weights");
  if (weights == nullptr || !weights->is_map()) return transfer;
  std::vector<Node> pairs;
  for (const Node::Entry& entry : weights->entries())
    pairs.push_back(
        Node::map({{"into", entry.key_mark, Node::scalar(entry.key, entry.key_mark, true)},
                   {"from", entry.value.mark(), entry.value}},
                  entry.key_mark));
  return transfer.with("weights", Node::sequence(std::move(pairs), weights->mark()));
}

/// Fills in the options of a choice that the file left to its default.
void complete(PluginChoice& choice, std::string_view kind, const PluginCatalogue& plugins,
              Problems& problems) {
  if (choice.chosen() && choice.options.is_null())
    choice.options = plugins.resolve(kind, choice, problems);
}

void check_expectation(const Node& item, Problems& problems) {
  if (!item.is_scalar()) return;  // reported by the schema
  try {
    Expectation::parse(item.text());
  } catch (const std::invalid_argument& wrong) {
    problems.add(item.mark(), std::string("expect: ") + wrong.what());
  }
}

}  // namespace

void EarlyStopping::describe(Schema<EarlyStopping>& schema) {
  schema.summary("ends a run that no longer gets better on the validation split");
  schema
      .option("patience", &EarlyStopping::patience,
              "evaluations without improvement before stopping; 0: never stop early")
      .at_least(0);
  schema
      .option("minimum_improvement", &EarlyStopping::minimum_improvement,
              "nats a token that count as an improvement")
      .at_least(0);
  schema.option("restore_best", &EarlyStopping::restore_best,
                "end with the weights of the lowest validation loss");
}

void TrainingOptions::describe(Schema<TrainingOptions>& schema) {
  using O = TrainingOptions;
  schema.summary("how the model learns; a step is one update of the weights");
  schema.option("epochs", &O::epochs, "passes over the training split").at_least(0);
  schema.option("max_steps", &O::max_steps, "end after this many steps; 0: no limit").at_least(0);
  schema.option("batch", &O::batch, "sequences side by side, N").range(1, 65536);
  schema.option("window", &O::window, "steps that gradients flow back through, T").range(1, 65536);
  schema
      .option("scheme", &O::scheme,
              "streams: contiguous, state carried; windows: every window of a text, from zero; "
              "auto: streams, where the data are pieces of a stream")
      .choices({"auto", "streams", "windows"});
  schema.option("stride", &O::stride, "windows: tokens between the starts of two windows")
      .at_least(1);
  schema.option("shuffle", &O::shuffle,
                "windows: a new order every epoch; streams: a new place of the borders");
  schema
      .option(
          "bucket", &O::bucket,
          "whole examples: batches among which examples are sorted by length; 1: not at all, as "
          "batch normalisation wants it")
      .range(1, 100000);
  schema
      .option(
          "precision", &O::precision,
          "of the operands of matrix products while training: f32; bf16: bfloat16, with weights, "
          "sums, states and gradients in f32, and the faster the wider the model")
      .choices({"f32", "bf16"});
  schema.option("optimizer", &O::optimizer, "what updates the weights").kind("optimizer");
  schema.option("schedule", &O::schedule, "how the learning rate changes").kind("schedule");
  schema.option("clip_norm", &O::clip_norm, "largest norm of all gradients together; 0: no limit")
      .at_least(0);
  schema.option("clip_value", &O::clip_value, "largest absolute gradient; 0: no limit").at_least(0);
  schema.option("log_every", &O::log_every, "steps between rows of the training metrics")
      .at_least(1);
  schema
      .option("evaluate_every", &O::evaluate_every,
              "steps between evaluations of the validation split; 0: after every epoch")
      .at_least(0);
  schema
      .option("sample_every", &O::sample_every, "steps between samples; 0: after every evaluation")
      .at_least(0);
  schema
      .option("checkpoint_every", &O::checkpoint_every,
              "steps between checkpoints; 0: after every epoch")
      .at_least(0);
  schema
      .option(
          "checkpoint_seconds", &O::checkpoint_seconds,
          "the most that a kill may cost: a checkpoint also after this time without one; 0: never")
      .at_least(0);
  schema.option("keep", &O::keep, "so many checkpoints before the last stay, in RUN.checkpoints")
      .range(0, 1'000'000);
  schema
      .option("keep_every", &O::keep_every,
              "of every so many steps the first checkpoint stays too, for good; 0: none")
      .at_least(0);
  schema.option("early_stopping", &O::early_stopping, "when to give up");
}

void EvaluationOptions::describe(Schema<EvaluationOptions>& schema) {
  using O = EvaluationOptions;
  schema.summary("what is found out about held-out examples beside the loss");
  schema
      .option("examples", &O::examples,
              "examples shown and kept with every evaluation: given, expected, produced")
      .range(0, 1000);
  schema
      .option("texts", &O::texts,
              "held-out texts written at every evaluation, for BLEU and its like; 0: all")
      .at_least(0);
  schema.option("sampler", &O::sampler, "what writes them").kind("sampler");
  schema
      .option("bleu_words", &O::bleu_words,
              "how BLEU cuts texts: 13a as sacreBLEU does; none: at spaces; char: characters")
      .choices({"13a", "none", "char"});
  schema.option("lowercase", &O::lowercase, "BLEU and chrF without regard to case");
  schema.option("histograms", &O::histograms, "keep histograms of weights and gradients");
  schema.option("recurrence", &O::recurrence,
                "keep how far back gradients reach, saturated gates, spectral radii");
  schema
      .option("reading", &O::reading,
              "tokens of held-out text that the final model is watched reading; 0: none")
      .range(0, 100'000);
}

void GenerateOptions::describe(Schema<GenerateOptions>& schema) {
  using O = GenerateOptions;
  schema.summary("what is written while training and by `runexp sample`");
  schema.option("prompt", &O::prompt, "the text that the model goes on from");
  schema.option("prompts", &O::prompts, "more of them");
  schema.option("length", &O::length, "tokens to write").range(1, 10'000'000);
  schema
      .option("precision", &O::precision,
              "of the weights while writing: bf16 and int8 are faster for large models")
      .choices({"f32", "bf16", "int8"});
  schema.option("samplers", &O::samplers, "each writes its own text, side by side").kind("sampler");
}

std::vector<std::string> GenerateOptions::all_prompts() const {
  std::vector<std::string> all = prompts;
  if (!prompt.empty() || all.empty()) all.insert(all.begin(), prompt);
  return all;
}

void TransferOptions::Pair::describe(Schema<Pair>& schema) {
  schema.summary("a parameter here and its source there");
  schema.option("into", &Pair::into, "parameters of this model, perhaps with a *").required();
  schema.option("from", &Pair::from, "of the run, with the same *").required();
}

void TransferOptions::describe(Schema<TransferOptions>& schema) {
  using O = TransferOptions;
  schema.summary("weights of another run to begin with");
  schema.option("run", &O::run, "its run file");
  schema.option(
      "weights", &O::weights,
      "{\"embedding/*\": \"decoder/embedding/*\", …}: what is taken from where; without it "
      "all that have the same names");
  schema.option("vocabulary", &O::vocabulary,
                "take the run's vocabulary too, rather than learn one from this data");
}

void ExperimentOptions::describe(Schema<ExperimentOptions>& schema) {
  using O = ExperimentOptions;
  schema.summary("an experiment");
  schema.option("experiment", &O::experiment, "its name").required();
  schema.option("description", &O::description, "what it is for");
  schema.option("seed", &O::seed, "of every random stream");
  schema.option("threads", &O::threads, "0: one for each processor").range(0, 1024);
  schema.option("plugins", &O::plugins, "libraries to load, beside those found on their own");
  schema.option("data", &O::data, "what to learn from").kind("dataset").required();
  schema.option("tokenizer", &O::tokenizer, "text to ids").kind("tokenizer");
  schema
      .option("target_tokenizer", &O::target_tokenizer,
              "of the texts that answer others; without it as `tokenizer`")
      .kind("tokenizer");
  schema.option("model", &O::model, "what learns").kind("architecture").required();
  schema.option("initialize_from", &O::initialize_from, "a run whose weights it begins with");
  schema.option("freeze", &O::freeze, "parameters that keep their weights, e.g. embedding/*");
  schema.option("training", &O::training, "how it learns");
  schema.option("evaluation", &O::evaluation, "what is found out about held-out examples");
  schema.option("generate", &O::generate, "what it writes");
  schema.option("output", &O::output, "the run file; empty: runs/NAME.h5");
  schema.option("expect", &O::expect,
                "figures that a run should end with, e.g. validation/accuracy >= 0.99");
}

std::vector<Expectation> ExperimentOptions::expectations() const {
  std::vector<Expectation> read;
  for (const std::string& text : expect) read.push_back(Expectation::parse(text));
  return read;
}

std::string ExperimentOptions::output_path() const {
  return output.empty() ? "runs/" + experiment + ".h5" : output;
}

ExperimentOptions read_experiment(const Node& root, const PluginCatalogue& plugins,
                                  Problems& problems) {
  const WithSchedules catalogue(plugins);
  const Node* data = root.find("data");
  Node node = data == nullptr ? root : root.with("data", data_as_choice(*data));
  if (const Node* transfer = root.find("initialize_from"); transfer != nullptr)
    node = node.with("initialize_from", transfer_as_map(*transfer));
  ReadContext context{problems, &catalogue};
  ExperimentOptions options = schema_of<ExperimentOptions>().read(node, context);
  complete(options.data, "dataset", catalogue, problems);
  complete(options.tokenizer, "tokenizer", catalogue, problems);
  complete(options.target_tokenizer, "tokenizer", catalogue, problems);
  complete(options.evaluation.sampler, "sampler", catalogue, problems);
  complete(options.model, "architecture", catalogue, problems);
  complete(options.training.optimizer, "optimizer", catalogue, problems);
  complete(options.training.schedule, "schedule", catalogue, problems);
  for (PluginChoice& sampler : options.generate.samplers)
    complete(sampler, "sampler", catalogue, problems);
  if (const Node* expect = root.find("expect"); expect != nullptr && expect->is_sequence())
    for (const Node& item : expect->items()) check_expectation(item, problems);
  const TransferOptions& transfer = options.initialize_from;
  if (!transfer.wanted() && (!transfer.weights.empty() || transfer.vocabulary))
    problems.add(root.find("initialize_from")->mark(), "initialize_from needs the run's file: run");
  for (const auto& [into, from] : transfer.weights)
    for (const std::string& pattern : {into, from})
      if (std::count(pattern.begin(), pattern.end(), '*') > 1)
        problems.add(root.find("initialize_from")->mark(),
                     fmt::format("'{}' has more than one *", pattern));
  if (const Node* name = root.find("experiment");
      name != nullptr && options.experiment.find_first_of("/\\\n\r\t") != std::string::npos)
    problems.add(name->mark(),
                 "an experiment's name may hold no slash or line break: it names "
                 "the run file");
  return options;
}

Node resolved(const ExperimentOptions& options) {
  return schema_of<ExperimentOptions>().write(options);
}

std::vector<std::string> listed_plugins(const Node& root) {
  std::vector<std::string> paths;
  if (const Node* list = root.find("plugins"))
    for (const Node& item : list->items())
      if (item.is_scalar()) paths.push_back(item.text());
  return paths;
}

std::string label(std::string_view kind, const PluginChoice& choice,
                  const PluginCatalogue& plugins) {
  Problems ignored;
  const Node defaults = plugins.resolve(kind, PluginChoice{choice.name, {}, {}}, ignored);
  std::vector<std::string> changed;
  bool only_its_name = true;
  for (const Node::Entry& entry : choice.options.entries()) {
    if (!entry.value.is_scalar()) continue;
    const Node* usual = defaults.find(entry.key);
    if (usual != nullptr && usual->text() == entry.value.text()) continue;
    only_its_name = only_its_name && entry.key == choice.name;
    changed.push_back(entry.key + "=" + entry.value.text());
  }
  if (const Node* own = choice.options.find(choice.name);
      own != nullptr && own->is_scalar() && only_its_name)
    return choice.name + " " + own->text();
  return changed.empty() ? choice.name : choice.name + "(" + join(changed) + ")";
}

}  // namespace unroll
