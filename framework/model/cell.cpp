#include <stdexcept>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/model/cell.hpp>

namespace unroll {
namespace {

[[noreturn]] void misfit(const std::string& what, const Shape& given, const std::string& wanted) {
  throw std::invalid_argument(
      fmt::format("cell: {} is {}, expected {}", what, given.text(), wanted));
}

void check_state(const std::vector<StatePart>& parts, const State& state, std::int64_t batch) {
  if (state.size() != parts.size())
    throw std::invalid_argument(
        fmt::format("cell: {} state parts given, {} expected", state.size(), parts.size()));
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (state[i].shape() != Shape{batch, parts[i].width})
      misfit("state part '" + parts[i].name + "'", state[i].shape(),
             Shape{batch, parts[i].width}.text());
}

}  // namespace

const std::vector<StatePart>& Cell::parts() const {
  if (parts_.empty()) {
    parts_ = state();
    if (parts_.empty()) fail(Failure::plugin, "a cell's state() names no part");
  }
  return parts_;
}

Var Cell::run_project(Var x) {
  if (x.shape().rank() < 2) misfit("x", x.shape(), "[..., N, I]");
  return project(x);
}

State Cell::run_step(Var projected, const State& state) {
  if (projected.shape().rank() != 2) misfit("projected", projected.shape(), "[N, P]");
  check_state(parts(), state, projected.dim(0));
  State next = step(projected, state);
  check_state(parts(), next, projected.dim(0));
  return next;
}

Unrolled Cell::run_unroll(Var projected, const State& state) {
  if (projected.shape().rank() != 3) misfit("projected", projected.shape(), "[T, N, P]");
  const std::int64_t steps = projected.dim(0), batch = projected.dim(1);
  check_state(parts(), state, batch);
  if (steps == 0) {
    const Shape none{0, batch, output_width()};
    Graph& graph = Graph::of({&projected, &state.front()});
    return {graph.constant(Tensor::zeros(none, projected.dtype())), state};
  }
  Unrolled unrolled = unroll(projected, state);
  if (unrolled.outputs.shape() != Shape{steps, batch, output_width()})
    misfit("unroll()'s output", unrolled.outputs.shape(),
           Shape{steps, batch, output_width()}.text());
  check_state(parts(), unrolled.last, batch);
  return unrolled;
}

Unrolled Cell::run(Var x, const State& state) {
  const Var projected = run_project(x);
  owns_projected_ = true;
  try {
    Unrolled unrolled = run_unroll(projected, state);
    owns_projected_ = false;
    return unrolled;
  } catch (...) {
    owns_projected_ = false;
    throw;
  }
}

Unrolled Cell::unroll(Var projected, const State& state) {
  State current = state;
  std::vector<Var> outputs;
  outputs.reserve(static_cast<std::size_t>(projected.dim(0)));
  for (std::int64_t t = 0; t < projected.dim(0); ++t) {
    current = step(at(projected, t), current);
    outputs.push_back(current.front());
  }
  return {stack(outputs), std::move(current)};
}

}  // namespace unroll
