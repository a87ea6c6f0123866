#include <unroll/autodiff/packing.hpp>

#include <fmt/format.h>

#include <numeric>
#include <stdexcept>

namespace unroll {
namespace {

// The sum of the lengths.
std::int64_t checked_rows(std::int64_t steps, std::span<const std::int32_t> lengths) {
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    if (lengths[n] < 0 || lengths[n] > steps) {
      throw std::invalid_argument(
          fmt::format("packing: lane {} has length {}, expected 0 … {}", n, lengths[n], steps));
    }
    if (n > 0 && lengths[n] > lengths[n - 1]) {
      throw std::invalid_argument(
          fmt::format("packing: lane {} of length {} follows one of length {}; sort the lanes of a "
                      "batch by falling length",
                      n, lengths[n], lengths[n - 1]));
    }
  }
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

}  // namespace

Packing::Packing(std::int64_t steps, std::span<const std::int32_t> lengths) {
  const Shape rows{checked_rows(steps, lengths)};
  const auto lanes = std::ssize(lengths);
  places_ = Tensor::full({steps, lanes}, -1, DType::i32);
  origins_ = Tensor::empty(rows, DType::i32);
  mirrored_ = Tensor::empty(rows, DType::i32);
  lane_of_ = Tensor::empty(rows, DType::i32);
  auto* place = places_.data<std::int32_t>();
  std::int32_t row = 0;
  std::int64_t living = lanes;
  for (std::int64_t t = 0; t < steps; ++t) {
    while (living > 0 && lengths[static_cast<std::size_t>(living - 1)] <= t) --living;
    if (living == 0) break;
    if (runs_.empty() || runs_.back().lanes != living) runs_.push_back({0, living});
    ++runs_.back().steps;
    for (std::int64_t n = 0; n < living; ++n, ++row) {
      place[t * lanes + n] = row;
      origins_.data<std::int32_t>()[row] = static_cast<std::int32_t>(t * lanes + n);
      lane_of_.data<std::int32_t>()[row] = static_cast<std::int32_t>(n);
    }
  }
  for (std::int64_t n = 0; n < lanes; ++n) {
    const std::int64_t length = lengths[static_cast<std::size_t>(n)];
    for (std::int64_t t = 0; t < length; ++t) {
      mirrored_.data<std::int32_t>()[place[t * lanes + n]] = place[(length - 1 - t) * lanes + n];
    }
  }
}

}  // namespace unroll
