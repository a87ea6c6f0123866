#include <unroll/training/model.hpp>

#include <unroll/config/yaml.hpp>
#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/results/run_record.hpp>

namespace unroll {

Model make_model(const ExperimentOptions& options, const Registry& registry,
                 Vocabulary vocabulary) {
  Model model;
  model.tokenizer = registry.make_tokenizer(options.tokenizer);
  model.vocabulary = std::make_unique<Vocabulary>(std::move(vocabulary));
  model.parameters = std::make_unique<ParameterStore>(options.seed);
  model.architecture = registry.make_architecture(
      options.model, {*model.vocabulary, registry, Parameters(*model.parameters)});
  model.parameters->pack();
  return model;
}

Archive save_weights(const Model& model) {
  Archive weights = model.parameters->save();
  weights.merge("learnt", model.architecture->save());
  return weights;
}

void restore_weights(Model& model, const Archive& weights) {
  Archive parameters;
  for (const auto& [name, array] : weights.entries())
    if (!name.starts_with("learnt/")) parameters.put(name, array);
  model.parameters->restore(parameters);
  const Archive learnt = weights.below("learnt");
  if (!learnt.entries().empty()) model.architecture->restore(learnt);
}

Model load_model(const RunRecord& run, const Registry& registry) {
  Model model =
      make_model(load_experiment(run, registry), registry, Vocabulary::load(run.vocabulary));
  if (model.architecture->counts() && run.weights.entries().empty())
    fail(Failure::data, "the run was interrupted before its model had counted anything");
  restore_weights(model, run.best ? run.best->weights : run.weights);
  return model;
}

ExperimentOptions load_experiment(const RunRecord& run, const Registry& registry) {
  Problems problems;
  const Node root =
      load_yaml_text(run.config_resolved, run.experiment + " (in the run file)", problems);
  problems.throw_if_any();
  const ExperimentOptions options = read_experiment(root, registry, problems);
  problems.throw_if_any();
  return options;
}

}  // namespace unroll
