// Experiment: what an experiment file says, read and checked, with every default filled in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <unroll/config/schema.hpp>
#include <unroll/training/expectation.hpp>

namespace unroll {

/// `training.early_stopping`: ends a run that no longer gets better on the validation split.
struct EarlyStopping {
  using Options = EarlyStopping;
  std::int64_t patience = 0;
  double minimum_improvement = 0;
  bool restore_best = true;
  static void describe(Schema<EarlyStopping>& schema);
};

/// `training:`. A step is one update of the weights.
struct TrainingOptions {
  using Options = TrainingOptions;
  std::int64_t epochs = 10;
  std::int64_t max_steps = 0;
  std::int64_t batch = 64;
  std::int64_t window = 100;
  std::string scheme = "auto";
  std::int64_t bucket = 50;
  std::int64_t stride = 1;
  bool shuffle = true;
  std::string precision = "f32";
  PluginChoice optimizer{"adam", {}, {}};
  PluginChoice schedule{"constant", {}, {}};
  double clip_norm = 0;
  double clip_value = 0;
  std::int64_t log_every = 10;
  std::int64_t evaluate_every = 0;
  std::int64_t sample_every = 0;
  std::int64_t checkpoint_every = 0;
  double checkpoint_seconds = 60;
  std::int64_t keep = 0;
  std::int64_t keep_every = 0;
  EarlyStopping early_stopping;
  static void describe(Schema<TrainingOptions>& schema);
};

/// `generate:`. What is written while training, and what `runexp sample` does by default.
struct GenerateOptions {
  using Options = GenerateOptions;
  std::string prompt;
  std::vector<std::string> prompts;
  std::int64_t length = 300;
  std::string precision = "f32";
  std::vector<PluginChoice> samplers;
  static void describe(Schema<GenerateOptions>& schema);

  /// `prompt` and `prompts` together; one empty prompt if there is none.
  std::vector<std::string> all_prompts() const;
};

/// `evaluation:`. What is found out about held-out examples beside the loss.
struct EvaluationOptions {
  using Options = EvaluationOptions;
  std::int64_t examples = 5;
  std::int64_t texts = 200;
  std::string bleu_words = "13a";
  bool lowercase = false;
  PluginChoice sampler{"greedy", {}, {}};
  bool histograms = true;
  bool recurrence = true;
  std::int64_t reading = 800;
  static void describe(Schema<EvaluationOptions>& schema);
};

/// `initialize_from:`. Weights of another run to begin with.
struct TransferOptions {
  using Options = TransferOptions;
  /// Of the new model and of the run; a `*` in `from` stands for what that of `into` does.
  struct Pair {
    using Options = Pair;
    std::string into, from;
    static void describe(Schema<Pair>& schema);
  };
  std::string run;
  std::vector<Pair> weights;
  bool vocabulary = false;
  static void describe(Schema<TransferOptions>& schema);

  bool wanted() const { return !run.empty(); }
};

/// A whole experiment file.
struct ExperimentOptions {
  using Options = ExperimentOptions;
  std::string experiment;
  std::string description;
  std::uint64_t seed = 1;
  int threads = 0;
  std::vector<std::string> plugins;
  PluginChoice data;
  PluginChoice tokenizer{"char", {}, {}};
  PluginChoice target_tokenizer;
  PluginChoice model;
  TransferOptions initialize_from;
  std::vector<std::string> freeze;
  TrainingOptions training;
  EvaluationOptions evaluation;
  GenerateOptions generate;
  std::string output;
  std::vector<std::string> expect;
  static void describe(Schema<ExperimentOptions>& schema);

  /// `expect`, read.
  std::vector<Expectation> expectations() const;
  /// Where the run file goes: `output`, or runs/<experiment>.h5.
  std::string output_path() const;
};

/// Reads an experiment. Every mistake goes to `problems`; the result is of use only if there are
/// none. `data: {dataset: text, corpus: …}` and `data: {text: {corpus: …}}` mean the same, and so
/// do `initialize_from: RUN.h5` and `initialize_from: {run: RUN.h5}`, whose `weights` may be a map.
ExperimentOptions read_experiment(const Node& root, const PluginCatalogue& plugins,
                                  Problems& problems);
/// The experiment as run: every option with its value. Reading it gives the same experiment.
Node resolved(const ExperimentOptions& options);
/// The `plugins:` list alone, which must be loaded before the rest can be read.
std::vector<std::string> listed_plugins(const Node& root);

/// A choice as people read it: its name and what differs from the defaults, e.g. `greedy`,
/// `temperature 0.8`, `temperature(temperature=0.8, top_k=10)`.
std::string label(std::string_view kind, const PluginChoice& choice,
                  const PluginCatalogue& plugins);

}  // namespace unroll
