#include <unroll/model/answer.hpp>

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

}  // namespace

Goal answer_goal(const std::string& wanted, const Fields& fields, const char* architecture) {
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

Answer::Answer(Goal goal, std::int64_t width, const Domain& domain, const init::Scheme& scheme,
               const Parameters& parameters)
    : goal_(goal),
      readout_(width, outputs_of(goal, domain), scheme, parameters,
               goal == Goal::label ? "class" : "value") {}

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
    if (graph.recording() && entropy.counted > 0)
      outcome.loss = (1.0 / static_cast<double>(entropy.counted)) * entropy.total;
    return outcome;
  }
  const Var difference = said - graph.constant(batch.values.to(said.dtype()));
  const Var squares = mean(difference * difference);
  outcome.total = scalar(squares.value()) * static_cast<double>(outcome.counted);
  if (graph.recording()) outcome.loss = squares;
  return outcome;
}

}  // namespace unroll
