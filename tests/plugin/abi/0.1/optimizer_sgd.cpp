// plugins/optimizers/sgd.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Sgd final : public ElementwiseOptimizer {
 public:
  struct Options {
    double learning_rate = 0.1;
    double momentum = 0.0;
    bool nesterov = false;
    double weight_decay = 0.0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("stochastic gradient descent, with momentum if wished");
    schema.option("learning_rate", &Options::learning_rate, "before any schedule").above(0);
    schema.option("momentum", &Options::momentum, "share of the last step that is kept")
        .range(0, 0.999999);
    schema.option("nesterov", &Options::nesterov, "look ahead by the momentum");
    schema.option("weight_decay", &Options::weight_decay, "L2 penalty, added to the gradient")
        .at_least(0);
  }
  explicit Sgd(const Options& options)
      : ElementwiseOptimizer(options.learning_rate, moments_of(options)), options_(options) {
    if (options.nesterov && options.momentum <= 0)
      fail(Failure::usage, "sgd: nesterov needs a momentum above 0");
  }

 private:
  static std::vector<std::string> moments_of(const Options& options) {
    return options.momentum > 0 ? std::vector<std::string>{"u"} : std::vector<std::string>{};
  }

  void apply(const UpdateStep& step, const Piece& piece) const override {
    const auto rate = static_cast<float>(step.learning_rate);
    const auto scale = static_cast<float>(step.gradient_scale);
    const auto decay = static_cast<float>(options_.weight_decay);
    const auto momentum = static_cast<float>(options_.momentum);
    const bool nesterov = options_.nesterov;
    float* __restrict w = piece.weights;
    const float* __restrict gradient = piece.gradients;
    float* __restrict u = piece.moments[0];
    if (u == nullptr) {
      for (std::size_t i = 0; i < piece.size; ++i)
        w[i] -= rate * (scale * gradient[i] + decay * w[i]);
      return;
    }
    for (std::size_t i = 0; i < piece.size; ++i) {
      const float g = scale * gradient[i] + decay * w[i];
      u[i] = momentum * u[i] + g;
      w[i] -= rate * (nesterov ? g + momentum * u[i] : u[i]);
    }
  }

  Options options_;
};

}

UNROLL_PLUGIN(optimizer, "sgd_0_1", "1.0.0", Sgd)
