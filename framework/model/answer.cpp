#include <unroll/model/answer.hpp>

#include <vector>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

using Goal = Task::Goal;

double scalar(const Tensor& value) {
  return value.dtype() == DType::f64 ? *value.data<double>()
                                     : static_cast<double>(*value.data<float>());
}

std::int64_t outputs_of(Goal goal, const Domain& domain) {
  return static_cast<std::int64_t>(goal == Goal::label ? domain.classes.size()
                                                       : domain.fields.values.size());
}

Goal goal_of(const std::string& wanted, const Fields& fields, const char* architecture) {
  const bool values = !fields.values.empty();
  if (wanted == "label" && !fields.label)
    fail(Failure::usage, "{} predicts a label, and this dataset has none", architecture);
  if (wanted == "values" && !values)
    fail(Failure::usage, "{} predicts values, and this dataset has none", architecture);
  if (wanted != "auto") return wanted == "label" ? Goal::label : Goal::values;
  if (!fields.label && !values)
    fail(Failure::usage, "{} predicts a label or values, and this dataset has neither",
         architecture);
  if (fields.label && values)
    fail(Failure::usage,
         "this dataset has labels and values; say which to predict, for example predict: label");
  return fields.label ? Goal::label : Goal::values;
}

}  // namespace

Answer::Answer(const AnswerOptions& options, const char* architecture, std::int64_t width,
               const Domain& domain, const init::Scheme& scheme, const Parameters& parameters)
    : goal_(goal_of(options.predict, domain.fields, architecture)),
      readout_(width, outputs_of(goal_, domain), scheme, parameters,
               goal_ == Goal::label ? "class" : "value"),
      scaling_(domain.values) {
  if (!options.weighted()) return;
  if (goal_ != Goal::label)
    fail(Failure::usage,
         "{} predicts values, which have no classes to weight: leave class_weights out",
         architecture);
  class_weights_ = balanced_weights(domain.class_counts, parameters.dtype());
}

Outcome Answer::operator()(Graph& graph, Var y, const Batch& batch) const {
  Outcome outcome;
  const Var said = readout_(y);
  outcome.output = said.value();
  outcome.counted = y.dim(0);
  if (goal_ == Goal::label) {
    const CrossEntropy entropy = cross_entropy(said, batch.labels);
    outcome.total = scalar(entropy.total.value());
    outcome.counted = entropy.counted;
    outcome.correct = entropy.correct;
    if (!graph.recording() || entropy.counted == 0) return outcome;
    set_mean_loss(outcome, entropy, said, batch.labels, class_weights_);
    return outcome;
  }
  const auto row = [&](const std::vector<float>& numbers) {
    const Shape shape{static_cast<std::int64_t>(numbers.size())};
    return graph.constant(Tensor::of(shape, std::span<const float>(numbers)).to(said.dtype()));
  };
  const Var own_units =
      scaling_.active() ? said * row(scaling_.deviation) + row(scaling_.mean) : said;
  outcome.output = own_units.value();
  const Var errors = own_units - graph.constant(batch.values.to(said.dtype()));
  const Var squares = mean(errors * errors);
  outcome.total = scalar(squares.value()) * static_cast<double>(outcome.counted);
  if (!graph.recording()) return outcome;
  outcome.loss = squares;
  if (scaling_.active()) {
    std::vector<float> per_deviation = scaling_.deviation;
    for (float& number : per_deviation) number = 1 / number;
    const Var scaled = errors * row(per_deviation);
    outcome.loss = mean(scaled * scaled);
  }
  return outcome;
}

}  // namespace unroll
