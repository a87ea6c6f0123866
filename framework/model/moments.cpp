#include <unroll/model/moments.hpp>

#include <cmath>

#include <unroll/core/error.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {

Moments::Moments(std::vector<std::string> names) : names_(std::move(names)) {
  values_.resize(names_.size());
}

std::span<float> Moments::get(std::size_t index, std::size_t size) {
  std::vector<float>& values = values_.at(index);
  if (values.empty()) values.assign(size, 0.0f);
  if (values.size() != size)
    fail(Failure::data, "optimizer state '{}' is of {} weights; the model has {}", names_[index],
         values.size(), size);
  return values;
}

Archive Moments::save() const {
  Archive archive;
  for (std::size_t i = 0; i < names_.size(); ++i)
    archive.put(names_[i], Array{{static_cast<std::int64_t>(values_[i].size())}, values_[i], {}});
  return archive;
}

void Moments::restore(const Archive& archive) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto* values = std::get_if<std::vector<float>>(&archive.array(names_[i]).values);
    if (values == nullptr)
      fail(Failure::data, "optimizer state '{}' is not of type float32", names_[i]);
    values_[i] = *values;
  }
}

void in_pieces(std::size_t size, const std::function<void(std::size_t, std::size_t)>& body) {
  constexpr std::int64_t kGrain = 1 << 16;  // less is done before a second thread wakes
  parallel_chunks(static_cast<std::int64_t>(size), kGrain,
                  [&](std::int64_t begin, std::int64_t end) {
                    body(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
                  });
}

void AdamRule::update(std::span<float> weights, std::span<const float> gradients, Moments& moments,
                      double rate, double gradient_scale, std::int64_t t) const {
  const auto steps = static_cast<double>(t);
  const auto step_size = static_cast<float>(rate / (1 - std::pow(beta1, steps)));
  const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, steps)));
  const auto scale = static_cast<float>(gradient_scale);
  const auto b1 = static_cast<float>(beta1), rest1 = static_cast<float>(1 - beta1);
  const auto b2 = static_cast<float>(beta2), rest2 = static_cast<float>(1 - beta2);
  const auto tiny = static_cast<float>(epsilon);
  const float keep = decoupled ? static_cast<float>(1 - rate * weight_decay) : 1.0f;
  const float decay = decoupled ? 0.0f : static_cast<float>(weight_decay);
  float* __restrict w = weights.data();
  const float* __restrict gradient = gradients.data();
  float* __restrict m = moments.get(0, weights.size()).data();
  float* __restrict v = moments.get(1, weights.size()).data();
  in_pieces(weights.size(), [=](std::size_t begin, std::size_t end) {
#pragma omp simd
    for (std::size_t i = begin; i < end; ++i) {
      const float g = scale * gradient[i] + decay * w[i];
      m[i] = b1 * m[i] + rest1 * g;
      v[i] = b2 * v[i] + rest2 * g * g;
      w[i] = keep * w[i] - step_size * m[i] / (std::sqrt(v[i]) * root + tiny);
    }
  });
}

}  // namespace unroll
