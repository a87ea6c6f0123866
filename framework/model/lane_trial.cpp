#include <unroll/model/lane_trial.hpp>

#include <array>
#include <cstring>
#include <vector>

#include <unroll/core/random.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kSteps = 3, kLanes = 3, kRows = 2 * kLanes - 1;

Tensor random_rows(const Shape& shape, DType type) {
  RandomStream random(1, "lane trial");
  Tensor tensor = Tensor::empty(shape, DType::f64);
  for (double& value : tensor.span<double>()) value = random.normal();
  return tensor.to(type);
}

// Of x [steps, rows, P] the first row and those from `other` on.
Tensor chosen(const Tensor& x, std::int64_t other) {
  Tensor lanes = Tensor::empty({kSteps, kLanes, x.dim(2)}, x.dtype());
  for (std::int64_t t = 0; t < kSteps; ++t) {
    lanes[t].slice(0, 1).copy_from(x[t].slice(0, 1));
    lanes[t].slice(1, kLanes).copy_from(x[t].slice(other, other + kLanes - 1));
  }
  return lanes;
}

// The first lane's state after each step.
std::vector<Tensor> first_lane(Cell& cell, const Tensor& x, const Graph& like) {
  Graph graph(Graph::Mode::infer);
  graph.become_share();  // operations that need the whole batch say so
  graph.set_precision(like.precision());
  State state;
  for (const StatePart& part : cell.parts())
    state.push_back(graph.constant(Tensor::zeros({kLanes, part.width}, x.dtype())));
  std::vector<Tensor> seen;
  for (std::int64_t t = 0; t < kSteps; ++t) {
    state = cell.run_step(graph.constant(x[t]), state);
    for (const Var& part : state) seen.push_back(part.value().slice(0, 1).clone());
  }
  return seen;
}

bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto bytes = static_cast<std::size_t>(a[i].size() * size_of(a[i].dtype()));
    if (std::memcmp(a[i].raw(), b[i].raw(), bytes) != 0) return false;
  }
  return true;
}

}  // namespace

bool lanes_are_independent(Cell& cell, Var projected) {
  const Graph& graph = *projected.graph();
  const Tensor x = random_rows({kSteps, kRows, projected.dim(2)}, projected.dtype());
  try {
    const Tensor here = chosen(x, 1);
    const std::vector<Tensor> first = first_lane(cell, here, graph);
    return same_bits(first, first_lane(cell, chosen(x, kLanes), graph)) &&
           same_bits(first, first_lane(cell, here, graph));
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace unroll
