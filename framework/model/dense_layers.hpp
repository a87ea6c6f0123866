// Dense layers one after another, x' = f(x W + b), the last one without f: what the encoders of
// features and pictures end with.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {

class RandomStream;

class DenseLayers {
 public:
  struct Options {
    std::vector<std::int64_t> hidden{};  ///< widths before the last; may be empty
    std::string_view activation;         ///< f: "tanh" or "relu"
    double dropout = 0;                  ///< after f of each hidden layer
  };

  /// From rows of `input` to rows of `output` numbers; makes `layer0/W` [input, width], `layer0/b`
  /// [width], `layer1/W` and so on. Throws Error(usage) if a width is below 1.
  DenseLayers(const Options& options, std::int64_t input, std::int64_t output,
              const Parameters& parameters);

  /// x [N, input] -> [N, output]. `dropout` null means evaluation.
  Var operator()(Var x, RandomStream* dropout) const;

 private:
  struct Layer {
    Parameter *W, *b;
  };
  bool relu_;
  double dropout_;
  std::vector<Layer> layers_;
};

}  // namespace unroll
