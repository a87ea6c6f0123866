#include <unroll/model/scaling.hpp>

#include <cmath>

#include <unroll/core/error.hpp>

namespace unroll {

Scaling Scaling::learn(std::span<const Example> examples, std::vector<float> Example::*numbers,
                       std::size_t width, std::size_t run) {
  std::vector<double> sum(width, 0), squares(width, 0);
  std::vector<bool> flag(width, true);
  std::vector<std::int64_t> counts(width, 0);
  const auto each = [&](auto&& function) {
    for (const Example& example : examples)
      for (std::size_t i = 0; i < (example.*numbers).size(); ++i)
        function(i / run % width, static_cast<double>((example.*numbers)[i]));
  };
  each([&](std::size_t k, double x) {
    sum[k] += x;
    ++counts[k];
    if (x != 0 && x != 1) flag[k] = false;
  });
  for (std::size_t k = 0; k < width; ++k)
    sum[k] /= static_cast<double>(std::max<std::int64_t>(counts[k], 1));
  each([&](std::size_t k, double x) { squares[k] += (x - sum[k]) * (x - sum[k]); });
  Scaling scaling;
  for (std::size_t k = 0; k < width; ++k) {
    const double deviation =
        std::sqrt(squares[k] / static_cast<double>(std::max<std::int64_t>(counts[k], 1)));
    scaling.mean.push_back(flag[k] ? 0 : static_cast<float>(sum[k]));
    scaling.deviation.push_back(flag[k] || deviation < 1e-12 ? 1 : static_cast<float>(deviation));
  }
  return scaling;
}

void Scaling::apply(std::vector<float>& numbers, std::size_t run) const {
  if (!active()) return;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t k = i / run % mean.size();
    numbers[i] = (numbers[i] - mean[k]) / deviation[k];
  }
}

void Scaling::save(Archive& archive, const std::string& name) const {
  if (!active()) return;
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(mean.size())};
  archive.put(name + "_mean", Array{shape, mean, {}});
  archive.put(name + "_deviation", Array{shape, deviation, {}});
}

Scaling Scaling::load(const Archive& archive, const std::string& name) {
  if (!archive.has(name + "_mean")) return {};
  const auto numbers = [&](const char* what) {
    const auto* values = std::get_if<std::vector<float>>(&archive.array(name + what).values);
    if (values == nullptr) fail(Failure::data, "the saved {}{} is of the wrong type", name, what);
    return *values;
  };
  Scaling scaling{numbers("_mean"), numbers("_deviation")};
  if (scaling.mean.size() != scaling.deviation.size())
    fail(Failure::data, "the saved scaling of {} is damaged", name);
  return scaling;
}

std::size_t scaling_run(std::span<const std::int64_t> shape) {
  return shape.size() == 3 ? static_cast<std::size_t>(shape[1] * shape[2]) : 1;
}

std::size_t scaling_width(std::span<const std::int64_t> shape) {
  return static_cast<std::size_t>(shape.size() == 3 ? shape.front() : shape.back());
}

}  // namespace unroll
