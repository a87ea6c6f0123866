#include "tensors.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <unroll/core/text.hpp>
#include <unroll/tensor/engine.hpp>

namespace unroll::conformance {
namespace {

std::string place_of(const Shape& shape, std::int64_t index) {
  std::vector<std::int64_t> place(shape.rank());
  for (std::size_t i = shape.rank(); i-- > 0;) {
    place[i] = index % shape.dims()[i];
    index /= shape.dims()[i];
  }
  return place.empty() ? "" : shape_text(place);
}

}  // namespace

Tensor random_tensor(const Shape& shape, const std::string& name, DType type, std::uint64_t seed,
                     double scale) {
  RandomStream random(seed, name);
  Tensor tensor = Tensor::empty(shape, DType::f64);
  for (double& value : tensor.span<double>()) value = random.uniform(-scale, scale);
  return type == DType::f64 ? tensor : tensor.to(type);
}

void randomise(ParameterStore& store, std::uint64_t seed, double scale) {
  for (Parameter* parameter : store.all()) {
    Tensor value = parameter->value();
    // Wide matrices are kept from making a recurrence chaotic, which would blow up every rounding.
    const double most =
        value.shape().rank() < 2
            ? scale
            : 2 / std::sqrt(static_cast<double>(std::max<std::int64_t>(value.dim(0), 1)));
    value.copy_from(random_tensor(value.shape(), parameter->name(), value.dtype(), seed,
                                  std::min(scale, most)));
  }
}

Var weighted(Graph& graph, Var a, const std::string& name, std::uint64_t seed) {
  return sum(a * graph.constant(random_tensor(a.shape(), name, a.dtype(), seed)));
}

Difference difference(const Tensor& a, const Tensor& b) {
  Difference found;
  if (a.shape() != b.shape()) {
    found.distance = std::numeric_limits<double>::infinity();
    found.where = fmt::format("{} against {}", a.shape().text(), b.shape().text());
    return found;
  }
  const Tensor x = a.to(DType::f64), y = b.to(DType::f64);
  double largest = 0;
  std::int64_t at = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double p = x.data<double>()[i], q = y.data<double>()[i];
    largest = std::max(largest, std::abs(q));
    double off = p == q ? 0 : std::abs(p - q);
    if (std::isnan(p) && std::isnan(q)) off = 0;
    if (std::isnan(off)) off = std::numeric_limits<double>::infinity();
    if (off > found.distance || i == 0) {
      found.distance = off;
      at = i;
    }
  }
  if (x.size() == 0) return found;
  found.where = place_of(x.shape(), at);
  found.a = x.data<double>()[at];
  found.b = y.data<double>()[at];
  if (largest > 0 && std::isfinite(largest)) found.distance /= largest;
  return found;
}

std::optional<std::string> differs(const std::string& what, const Tensor& a,
                                   const std::string& of_a, const Tensor& b,
                                   const std::string& of_b, double tolerance) {
  const Difference found = difference(a, b);
  if (found.distance <= tolerance) return {};
  if (a.shape() != b.shape())
    return fmt::format("{} is {} {} and {} {}", what, a.shape().text(), of_a, b.shape().text(),
                       of_b);
  return fmt::format("{} {} is {:.7g} {} and {:.7g} {}", what, found.where, found.a, of_a, found.b,
                     of_b);
}

std::optional<std::string> not_finite(const std::string& what, const Tensor& tensor) {
  const Tensor x = tensor.to(DType::f64);
  for (std::int64_t i = 0; i < x.size(); ++i)
    if (const double value = x.data<double>()[i]; !std::isfinite(value))
      return fmt::format("{} {} is {}", what, place_of(x.shape(), i), value);
  return {};
}

MemoryInUse memory_in_use() {
  const struct mallinfo2 heap = ::mallinfo2();
  // The pool's memory is on the heap too, whether it is in use or not.
  const auto all = static_cast<std::int64_t>(heap.uordblks + heap.hblkhd);
  const PoolStatistics pool = Engine::get().pool().statistics();
  return {pool.in_use, all == 0 ? 0 : all - pool.reserved};
}

std::optional<std::string> growth(const std::function<void()>& once, int warm_up) {
  MemoryInUse before{};
  const auto run = [&](int times) {
    for (int i = 0; i < times; ++i) once();
    const MemoryInUse now = memory_in_use();
    const MemoryInUse more{(now.tensors - before.tensors) / times,
                           (now.heap - before.heap) / times};
    before = now;
    return more;
  };
  run(warm_up);
  // What grows without end grows in each of these, a table that doubles too: each is as long as all
  // before it.
  MemoryInUse least = run(warm_up);
  for (const int times : {2 * warm_up, 4 * warm_up}) {
    const MemoryInUse more = run(times);
    least = {std::min(least.tensors, more.tensors), std::min(least.heap, more.heap)};
  }
  if (least.tensors > 0)
    return fmt::format("{} bytes of tensors more each time", grouped(least.tensors));
  // The C library and oneDNN set a few bytes aside.
  if (least.heap >= 64)
    return fmt::format("{} bytes of the heap more each time", grouped(least.heap));
  return {};
}

}  // namespace unroll::conformance
