// RMSProp: steps scaled by a running average of the squared gradient (Hinton 2012, lecture 6e),
// as PyTorch computes it, not centred:
//   g = g + decay w        v = alpha v + (1 - alpha) g^2        s = g / (sqrt(v) + epsilon)
//   w = w - rate s         or, with momentum: u = momentum u + s, w = w - rate u
#include <unroll/plugin.hpp>

#include <cmath>

namespace {

using namespace unroll;

class RmsProp final : public ElementwiseOptimizer {
 public:
  struct Options {
    double learning_rate = 2e-3;
    double alpha = 0.95;
    double epsilon = 1e-8;
    double momentum = 0.0;
    double weight_decay = 0.0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("RMSProp (Hinton 2012); defaults as in char-rnn");
    schema.option("learning_rate", &Options::learning_rate, "before any schedule").above(0);
    schema.option("alpha", &Options::alpha, "decay of the square's average").range(0, 0.999999);
    schema.option("epsilon", &Options::epsilon, "added after the square root").at_least(0);
    schema.option("momentum", &Options::momentum, "share of the last step that is kept")
        .range(0, 0.999999);
    schema.option("weight_decay", &Options::weight_decay, "L2 penalty, added to the gradient")
        .at_least(0);
  }
  explicit RmsProp(const Options& options)
      : ElementwiseOptimizer(options.learning_rate, {"v", "u"}), options_(options) {}

 private:
  void apply(const UpdateStep& step, const Piece& piece) const override {
    const auto rate = static_cast<float>(step.learning_rate);
    const auto scale = static_cast<float>(step.gradient_scale);
    const auto decay = static_cast<float>(options_.weight_decay);
    const auto momentum = static_cast<float>(options_.momentum);
    const auto alpha = static_cast<float>(options_.alpha);
    const auto rest = static_cast<float>(1 - options_.alpha);
    const auto epsilon = static_cast<float>(options_.epsilon);
    float* __restrict w = piece.weights;
    const float* __restrict gradient = piece.gradients;
    float* __restrict v = piece.moments[0];
    float* __restrict u = piece.moments[1];
    for (std::size_t i = 0; i < piece.size; ++i) {
      const float g = scale * gradient[i] + decay * w[i];
      v[i] = alpha * v[i] + rest * g * g;
      u[i] = momentum * u[i] + g / (std::sqrt(v[i]) + epsilon);
      w[i] -= rate * u[i];
    }
  }

  Options options_;
};

}  // namespace

UNROLL_PLUGIN(optimizer, "rmsprop", "1.0.0", RmsProp)
