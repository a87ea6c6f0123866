// Scaling: numbers less their mean, divided by their deviation, as learnt from the training split.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <unroll/core/archive.hpp>
#include <unroll/model/dataset.hpp>

namespace unroll {

/// x' = (x - mean_k) / deviation_k for number k of a vector or of a step of a sequence, or for
/// colour k of an image. Numbers that are only ever 0 or 1 stay as they are (mean 0, deviation 1),
/// as do, less their mean, those that never change.
struct Scaling {
  std::vector<float> mean, deviation;  ///< [K]; empty: numbers stay as they are

  bool active() const noexcept { return !mean.empty(); }

  /// Of one member of the examples, K numbers in turn, each `run` times (the pixels of a colour).
  static Scaling learn(std::span<const Example> examples, std::vector<float> Example::*numbers,
                       std::size_t width, std::size_t run = 1);
  void apply(std::vector<float>& numbers, std::size_t run = 1) const;

  /// Under NAME_mean and NAME_deviation.
  void save(Archive& archive, const std::string& name) const;
  static Scaling load(const Archive& archive, const std::string& name);
};

/// How many numbers of features of this shape share a mean one after another: the pixels of a
/// colour.
std::size_t scaling_run(std::span<const std::int64_t> shape);
/// How many numbers have a mean of their own: F of [F] and of [T, F], C of [C, H, W].
std::size_t scaling_width(std::span<const std::int64_t> shape);

}  // namespace unroll
