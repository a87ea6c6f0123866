#include "lone_cell.hpp"

namespace unroll::conformance {

Passed pass(LoneCell& lone, const CellShape& shape, How how, std::uint64_t seed,
            Arriving arriving) {
  const DType type = lone.store.dtype();
  for (Parameter* parameter : lone.store.all())
    if (parameter->gradient().defined()) Tensor(parameter->gradient()).fill(0);
  Graph graph;
  const Var x = graph.input(random_tensor({shape.T, shape.N, shape.I}, "x", type, seed));
  State state;
  for (const Tensor& part : lone.some_state(shape.N, shape.I, seed))
    state.push_back(graph.input(part));
  Unrolled unrolled;
  if (how == How::run) {
    unrolled = lone.cell->run(x, state);
  } else {
    const Var projected = lone.cell->run_project(x);
    unrolled = how == How::steps ? looped(*lone.cell, projected, state)
                                 : lone.cell->run_unroll(projected, state);
  }
  const std::vector<StatePart>& parts = lone.cell->parts();
  Passed passed;
  passed.add("outputs", unrolled.outputs.value());
  Var loss;
  const auto arrive = [&](Var value, const std::string& name) {
    const Var term = weighted(graph, value, "up " + name, seed);
    loss = loss.defined() ? loss + term : term;
  };
  if (arriving != Arriving::last) arrive(unrolled.outputs, "outputs");
  for (std::size_t i = 0; i < unrolled.last.size(); ++i) {
    passed.add("last " + parts[i].name, unrolled.last[i].value());
    if (arriving != Arriving::outputs) arrive(unrolled.last[i], parts[i].name);
  }
  graph.backward(loss);
  passed.add("gradient of x", graph.gradient(x));
  for (std::size_t i = 0; i < state.size(); ++i)
    passed.add("gradient of the first " + parts[i].name, graph.gradient(state[i]));
  for (const Parameter* p : lone.store.all())
    if (p->gradient().defined()) passed.add("gradient of " + p->name(), p->gradient());
  return passed;
}

}  // namespace unroll::conformance
