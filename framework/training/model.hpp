// Model: everything that a run learnt and needs to read and write text.
#pragma once

#include <memory>
#include <string_view>

#include <unroll/model/architecture.hpp>
#include <unroll/model/tokenizer.hpp>
#include <unroll/training/experiment.hpp>

namespace unroll {

class Registry;
struct RunRecord;

/// A tokenizer, its vocabulary and an architecture with its parameters.
struct Model {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Vocabulary> vocabulary;
  std::unique_ptr<ParameterStore> parameters;  ///< packed
  std::unique_ptr<Architecture> architecture;
};

/// A new model with initial weights.
Model make_model(const ExperimentOptions& options, const Registry& registry, Vocabulary vocabulary);
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
