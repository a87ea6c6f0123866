// What an example of each class counts in the loss, where classes are out of balance.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/config/schema.hpp>
#include <unroll/model/architecture.hpp>

namespace unroll {

/// Base of the options of architectures that tell classes apart.
struct ClassWeightOptions {
  std::string class_weights = "none";

  /// Adds them to the schema of options derived from these; `what` has the class.
  template <typename O>
  static void describe_all(Schema<O>& schema, const std::string& what) {
    schema
        .option("class_weights", &O::class_weights,
                "what " + what +
                    " counts in the loss that is trained on; balanced: every class as "
                    "much as any other, all / (classes * those of this class)")
        .choices({"none", "balanced"});
  }
  bool weighted() const { return class_weights != "none"; }
};

/// All / (classes * those of the class) [classes], of the classes that occur; 1 of others.
Tensor balanced_weights(const std::vector<std::int64_t>& counts, DType type);

/// Sets what is differentiated: the mean of `entropy`, which is that of these logits and targets,
/// or with `weights` [classes] (may be undefined) the weighted mean. `entropy` stays what is
/// reported.
void set_mean_loss(Outcome& outcome, const CrossEntropy& entropy, Var logits, const Tensor& targets,
                   const Tensor& weights);

}  // namespace unroll
