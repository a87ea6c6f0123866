#include <unroll/model/lane_trial.hpp>

#include <array>
#include <cstring>
#include <memory>
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

// A batch on its way through the steps. All walks last as long as the trial: what a step kept of
// one can still be looked at in another.
struct Walk {
  Graph graph{Graph::Mode::infer};
  State state;
};

// The first lane's state of the first batch after each step; the batches take turns, so that what a
// step leaves behind meets the next step of another batch.
std::vector<Tensor> first_lane(Cell& cell, const std::vector<Tensor>& batches, const Graph& like,
                               std::vector<std::unique_ptr<Walk>>& walks) {
  const std::size_t first = walks.size();
  for (const Tensor& x : batches) {
    Walk& walk = *walks.emplace_back(std::make_unique<Walk>());
    walk.graph.become_share();  // operations that need the whole batch say so
    walk.graph.set_precision(like.precision());
    for (const StatePart& part : cell.parts())
      walk.state.push_back(walk.graph.constant(Tensor::zeros({kLanes, part.width}, x.dtype())));
  }
  std::vector<Tensor> seen;
  for (std::int64_t t = 0; t < kSteps; ++t) {
    for (std::size_t i = 0; i < batches.size(); ++i) {
      Walk& walk = *walks[first + i];
      walk.state = cell.run_step(walk.graph.constant(batches[i][t]), walk.state);
    }
    for (const Var& part : walks[first]->state) seen.push_back(part.value().slice(0, 1).clone());
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
    const Tensor here = chosen(x, 1), elsewhere = chosen(x, kLanes);
    std::vector<std::unique_ptr<Walk>> walks;
    const auto seen = [&](const std::vector<Tensor>& batches) {
      return first_lane(cell, batches, graph, walks);
    };
    const std::vector<Tensor> first = seen({here});
    return same_bits(first, seen({elsewhere})) && same_bits(first, seen({here, elsewhere}));
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace unroll
