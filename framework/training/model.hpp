// Model: everything that a run learnt and needs to read and write text.
#pragma once

#include <memory>
#include <string_view>

#include <unroll/model/architecture.hpp>
#include <unroll/model/tokenizer.hpp>
#include <unroll/training/experiment.hpp>

namespace unroll {

class Registry;
class RunFile;

/// A tokenizer, its vocabulary and an architecture with its parameters.
struct Model {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Vocabulary> vocabulary;
  std::unique_ptr<ParameterStore> parameters;  ///< packed
  std::unique_ptr<Architecture> architecture;
};

/// A new model with initial weights.
Model make_model(const ExperimentOptions& options, const Registry& registry, Vocabulary vocabulary);
/// The model of a run file, with the weights that the run ended with. Needs no data files.
Model load_model(const RunFile& run, const Registry& registry);
/// The experiment a run file was made by.
ExperimentOptions load_experiment(const RunFile& run, const Registry& registry);

}  // namespace unroll
