#include <unroll/model/initial_state.hpp>

namespace unroll {

InitialState::InitialState(std::int64_t width, const Recurrence& recurrence,
                           const init::Scheme& scheme, const Parameters& parameters) {
  Graph graph(Graph::Mode::infer);
  std::int64_t total = 0;
  for (const State& layer : recurrence.zero_state(graph, 1)) {
    auto& parts = widths_.emplace_back();
    for (const Var& part : layer) {
      parts.push_back(part.dim(-1));
      total += parts.back();
    }
  }
  W_ = &parameters.make("W", {width, total}, init::input_weights(scheme, width, 1),
                        {"input, state", {}});
  b_ = &parameters.make("b", {total}, init::bias(scheme, width), {"state", {}});
}

RecurrentState InitialState::operator()(Var v) const {
  const Var all = tanh(affine(v, *W_, *b_));
  RecurrentState state;
  std::int64_t begin = 0;
  for (const auto& parts : widths_) {
    State& layer = state.emplace_back();
    for (const std::int64_t width : parts) {
      layer.push_back(columns(all, begin, begin + width));
      begin += width;
    }
  }
  return state;
}

}  // namespace unroll
