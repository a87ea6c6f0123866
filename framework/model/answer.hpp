// Answer: from one vector an example to its class or its numbers.
#pragma once

#include <cstdint>
#include <string>

#include <unroll/model/architecture.hpp>
#include <unroll/model/token_layers.hpp>

namespace unroll {

/// Which of an example's members to predict: `wanted` is "label", "values" or "auto" (what the
/// data has). Throws Error(usage) naming the architecture if the data has it not, or has both.
Task::Goal answer_goal(const std::string& wanted, const Fields& fields, const char* architecture);

/// The last layer of an architecture that says one thing of each example, and its loss: the mean
/// over examples of -log softmax(logits)[class], or of the squared error, averaged over the K
/// numbers.
class Answer {
 public:
  Answer(Task::Goal goal, std::int64_t width, const Domain& domain, const init::Scheme& scheme,
         const Parameters& parameters);

  Task::Goal goal() const noexcept { return goal_; }
  /// y [N, width].
  Outcome operator()(Graph& graph, Var y, const Batch& batch) const;

 private:
  Task::Goal goal_;
  Readout readout_;
};

}  // namespace unroll
