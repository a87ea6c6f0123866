#include <unroll/training/model.hpp>

#include <unroll/config/yaml.hpp>
#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/results/run_record.hpp>

namespace unroll {

bool Model::writes_target() const {
  return task().goal == Task::Goal::text && domain->fields.target;
}

const Vocabulary& Model::vocabulary() const {
  return writes_target() ? domain->target : domain->text;
}

const Tokenizer& Model::tokenizer() const {
  return writes_target() ? *target_tokenizer : *text_tokenizer;
}

OwnedTokenizers make_tokenizers(const ExperimentOptions& options, const Fields& fields,
                                const Registry& registry) {
  OwnedTokenizers made;
  made.text = registry.make_tokenizer(options.tokenizer);
  if (fields.target)
    made.target = registry.make_tokenizer(
        options.target_tokenizer.chosen() ? options.target_tokenizer : options.tokenizer);
  return made;
}

Model make_model(const ExperimentOptions& options, const Registry& registry, Domain domain) {
  Model model;
  OwnedTokenizers tokenizers = make_tokenizers(options, domain.fields, registry);
  model.text_tokenizer = std::move(tokenizers.text);
  model.target_tokenizer = std::move(tokenizers.target);
  model.domain = std::make_unique<Domain>(std::move(domain));
  model.parameters = std::make_unique<ParameterStore>(options.seed);
  model.architecture = registry.make_architecture(
      options.model, {*model.domain, registry, Parameters(*model.parameters)});
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
  Model model = make_model(load_experiment(run, registry), registry, Domain::load(run.vocabulary));
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
