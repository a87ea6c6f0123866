#include <unroll/model/token_layers.hpp>

#include <cmath>

#include <unroll/autodiff/ops_linear_cross_entropy.hpp>
#include <unroll/core/error.hpp>

namespace unroll {

TokenInput::TokenInput(std::int64_t vocabulary, std::int64_t embedding, bool tied,
                       const init::Scheme& scheme, const Parameters& parameters, const char* axis)
    : vocabulary_(vocabulary), width_(embedding), type_(parameters.dtype()) {
  if (embedding == 0) return;
  // Input rows of unit variance; as output weights they have to begin small.
  const double deviation = tied ? 1 / std::sqrt(static_cast<double>(embedding)) : 1.0;
  table_ = &parameters.make("E", {vocabulary, embedding},
                            scheme.name == "uniform" ? init::uniform(-scheme.scale, scheme.scale)
                                                     : init::normal(0, deviation),
                            {std::string(axis) + ", embedding", {}});
}

Var TokenInput::operator()(Graph& graph, const Tensor& ids) const {
  const Var tokens = graph.one_hot(ids, vocabulary_, type_);
  return table_ != nullptr ? matmul(tokens, *table_) : tokens;
}

Readout::Readout(std::int64_t width, std::int64_t outputs, const init::Scheme& scheme,
                 const Parameters& parameters, const char* axis)
    : weights_(&parameters.make("W", {width, outputs}, init::input_weights(scheme, width, 1),
                                {std::string("hidden, ") + axis, {}})),
      bias_(&parameters.make("b", {outputs}, init::bias(scheme, width), {axis, {}})) {}

Readout::Readout(std::int64_t width, Parameter* table, const init::Scheme& scheme,
                 const Parameters& parameters)
    : table_(table) {
  const std::int64_t embedding = table == nullptr ? 0 : table->value().dim(1);
  if (embedding != width)
    fail(Failure::usage,
         "tied output weights need an embedding as wide as what they read: embedding is {}, the "
         "output {}; set embedding to {}",
         embedding, width, width);
  const std::string& axes = table->notes().axes;
  bias_ = &parameters.make("b", {table->value().dim(0)}, init::bias(scheme, width),
                           {axes.substr(0, axes.find(',')), {}});
}

Var Readout::operator()(Var y) const {
  return table_ != nullptr ? matmul_transposed(y, *table_) + Var(*bias_)
                           : affine(y, *weights_, *bias_);
}

CrossEntropy Readout::loss(Var y, const Tensor& targets) const {
  return table_ != nullptr ? cross_entropy((*this)(y), targets)
                           : linear_cross_entropy(y, *weights_, *bias_, targets);
}

}  // namespace unroll
