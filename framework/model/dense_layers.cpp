#include <unroll/model/dense_layers.hpp>

#include <string>

#include <unroll/core/error.hpp>
#include <unroll/model/initializers.hpp>

namespace unroll {

DenseLayers::DenseLayers(const Options& options, std::int64_t input, std::int64_t output,
                         const Parameters& parameters)
    : relu_(options.activation == "relu"), dropout_(options.dropout) {
  std::vector<std::int64_t> widths = options.hidden;
  widths.push_back(output);
  for (const std::int64_t width : widths) {
    if (width < 1) fail(Failure::usage, "a layer of width {}", width);
    const Parameters scope = parameters.scope("layer" + std::to_string(layers_.size()));
    layers_.push_back(
        {&scope.make("W", {input, width}, init::glorot_uniform(), {"input, output", {}}),
         &scope.make("b", {width}, init::zeros(), {"output", {}})});
    input = width;
  }
}

Var DenseLayers::operator()(Var x, RandomStream* dropout) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = affine(x, *layers_[i].W, *layers_[i].b);
    if (i + 1 == layers_.size()) break;
    x = relu_ ? relu(x) : tanh(x);
    if (dropout != nullptr && dropout_ > 0) x = unroll::dropout(x, dropout_, *dropout);
  }
  return x;
}

}  // namespace unroll
