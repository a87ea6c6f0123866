// Model: everything that a run learnt and needs to read and write.
#pragma once

#include <memory>
#include <string_view>

#include <unroll/model/architecture.hpp>
#include <unroll/model/tokenizer.hpp>
#include <unroll/training/encoded.hpp>
#include <unroll/training/experiment.hpp>

namespace unroll {

class Registry;
struct RunRecord;

/// Tokenizers, what they and the data taught, and an architecture with its parameters.
struct Model {
  std::unique_ptr<Tokenizer> text_tokenizer;
  std::unique_ptr<Tokenizer> target_tokenizer;  ///< null where the data has no target
  std::unique_ptr<Domain> domain;
  std::unique_ptr<ParameterStore> parameters;  ///< packed
  std::unique_ptr<Architecture> architecture;

  Tokenizers tokenizers() const { return {text_tokenizer.get(), target_tokenizer.get()}; }
  Task task() const { return architecture->task(); }
  /// Does it write `target` rather than `text`?
  bool writes_target() const;
  /// Of the text that it writes.
  const Vocabulary& vocabulary() const;
  const Tokenizer& tokenizer() const;
};

/// The tokenizers that the data needs.
struct OwnedTokenizers {
  std::unique_ptr<Tokenizer> text, target;
  Tokenizers get() const { return {text.get(), target.get()}; }
};
OwnedTokenizers make_tokenizers(const ExperimentOptions& options, const Fields& fields,
                                const Registry& registry);

/// A new model with initial weights.
Model make_model(const ExperimentOptions& options, const Registry& registry, Domain domain);
/// The model of a run: its best weights where it kept them, otherwise its last. Needs no data
/// files. Throws Error(data) if the file lacks what the model needs.
Model load_model(const RunRecord& run, const Registry& registry);
/// What a checkpoint holds of a model: its parameters by name and, below `learnt/`, what an
/// architecture knows beside them. `restore` is the inverse.
Archive save_weights(const Model& model);
void restore_weights(Model& model, const Archive& weights);
/// The experiment that a run was made by.
ExperimentOptions load_experiment(const RunRecord& run, const Registry& registry);

}  // namespace unroll
