// Answer: from one vector an example to its class or its numbers.
#pragma once

#include <cstdint>
#include <string>

#include <unroll/config/schema.hpp>
#include <unroll/model/architecture.hpp>
#include <unroll/model/class_weights.hpp>
#include <unroll/model/token_layers.hpp>

namespace unroll {

/// Base of the options of architectures that say one thing of each example.
struct AnswerOptions : ClassWeightOptions {
  std::string predict = "auto";

  /// Adds them to the schema of options derived from these.
  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("predict", &O::predict, "auto: what the data has")
        .choices({"auto", "label", "values"});
    ClassWeightOptions::describe_all(schema, "an example");
  }
};

/// The last layer of an architecture that says one thing of each example, and its loss: the mean
/// over examples of -log softmax(logits)[class], or of the squared error, averaged over the K
/// numbers. Class weights change what is differentiated alone, not the sums that are reported.
/// Where the domain scales values, it learns them scaled and says them in their own units,
/// in which the error that is reported is too.
class Answer {
 public:
  /// Throws Error(usage) naming the architecture if the data has not what is to be predicted, or
  /// has both, or if class weights are asked for where there are no classes.
  Answer(const AnswerOptions& options, const char* architecture, std::int64_t width,
         const Domain& domain, const init::Scheme& scheme, const Parameters& parameters);

  Task::Goal goal() const noexcept { return goal_; }
  /// y [N, width].
  Outcome operator()(Graph& graph, Var y, const Batch& batch) const;

 private:
  Task::Goal goal_;
  Readout readout_;
  Tensor class_weights_;  ///< [classes], or undefined
  Scaling scaling_;       ///< of values
};

}  // namespace unroll
