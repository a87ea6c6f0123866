#include <unroll/training/learner.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/core/archive_splice.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

/// Adds the time since its last call to one part of a step.
class Stopwatch {
 public:
  void lap(double& part) {
    const auto now = std::chrono::steady_clock::now();
    part += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

template <typename T>
Array array_of(const Tensor& tensor) {
  const auto elements = tensor.span<T>();
  const auto dims = tensor.shape().dims();
  return {{dims.begin(), dims.end()}, std::vector<T>(elements.begin(), elements.end()), {}};
}

Array to_array(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::f64:
      return array_of<double>(tensor);
    case DType::i32:
      return array_of<std::int32_t>(tensor);
    case DType::f32:
      break;
  }
  return array_of<float>(tensor);
}

Tensor to_tensor(const Array& array, std::size_t index) {
  const Shape shape{std::span<const std::int64_t>(array.shape)};
  return std::visit(
      [&](const auto& values) -> Tensor {
        using T = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double> ||
                      std::is_same_v<T, std::int32_t>)
          if (static_cast<std::int64_t>(values.size()) == shape.size())
            return Tensor::of(shape, std::span<const T>(values));
        fail(Failure::data, "the carried state {} is damaged", index);
      },
      array.values);
}

/// Squares are summed in pieces of this many, whatever the number of threads, and in eight
/// interleaved sums within a piece, which fixes the rounding and lets the loop vectorise.
constexpr std::int64_t kPiece = 1 << 16;

double sum_of_squares(const float* values, std::int64_t count) {
  std::array<double, 8> sums{};
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (std::size_t k = 0; k < 8; ++k) {
      const double value = values[i + static_cast<std::int64_t>(k)];
      sums[k] += value * value;
    }
  for (; i < count; ++i) sums[0] += static_cast<double>(values[i]) * values[i];
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

double norm_of(std::span<const float> values, std::vector<double>& sums) {
  const auto count = static_cast<std::int64_t>(values.size());
  sums.assign(static_cast<std::size_t>((count + kPiece - 1) / kPiece), 0.0);
  parallel_chunks(count, kPiece, [&](std::int64_t begin, std::int64_t end) {
    sums[static_cast<std::size_t>(begin / kPiece)] =
        sum_of_squares(values.data() + begin, end - begin);
  });
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

}  // namespace

Learner::Learner(Model& model, std::unique_ptr<Optimizer> optimizer,
                 std::unique_ptr<Schedule> schedule, std::unique_ptr<Batches> batches,
                 const LearnerOptions& options)
    : model_(model),
      optimizer_(std::move(optimizer)),
      schedule_(std::move(schedule)),
      batches_(std::move(batches)),
      options_(options) {}

StepResult Learner::step() {
  Stopwatch watch;
  if (!epoch_begun_) {
    batches_->begin_epoch(epoch_);
    epoch_begun_ = true;
  }
  if (batch_ == 0 || !batches_->carries()) carry_.clear();
  const Batch& batch = batches_->get(batch_);
  watch.lap(times_.data);

  if (detecting_anomalies()) anomalies_arise_in(fmt::format("step {}", steps_ + 1));
  RandomStream dropout(options_.seed, "dropout/" + std::to_string(steps_));
  graph_.clear();
  const Carry before = carry_;
  const Outcome outcome = model_.architecture->run(graph_, batch, carry_, &dropout);
  watch.lap(times_.forward);
  if (!std::isfinite(outcome.total)) {
    carry_ = before;
    fail(Failure::diverged,
         "step {}: the loss is {}; try a smaller learning rate or training.clip_norm", steps_ + 1,
         outcome.total);
  }

  model_.parameters->zero_gradients();
  graph_.backward(outcome.loss);
  graph_.clear();
  watch.lap(times_.backward);

  for (Parameter* parameter : model_.parameters->frozen()) parameter->gradient().fill(0);
  StepResult result{outcome.total, outcome.counted, outcome.correct, 0, 0};
  const std::span<float> gradients = model_.parameters->gradients();
  result.gradient_norm = norm_of(gradients, sums_);
  if (!std::isfinite(result.gradient_norm)) {
    carry_ = before;
    fail(Failure::diverged,
         "step {}: the gradient's norm is {}; try a smaller learning rate or training.clip_norm",
         steps_ + 1, result.gradient_norm);
  }
  double norm = result.gradient_norm;
  if (options_.clip_value > 0) {
    const auto limit = static_cast<float>(options_.clip_value);
    const auto count = static_cast<std::int64_t>(gradients.size());
    parallel_chunks(count, kPiece, [&](std::int64_t begin, std::int64_t end) {
      for (float* g = gradients.data() + begin; g != gradients.data() + end; ++g)
        *g = std::min(std::max(*g, -limit), limit);
    });
    if (options_.clip_norm > 0) norm = norm_of(gradients, sums_);
  }
  double scale = 1;
  if (options_.clip_norm > 0) scale = std::min(1.0, options_.clip_norm / (norm + 1e-6));
  const double factor = schedule_->factor({steps_, options_.total_steps, epoch_});
  result.learning_rate = optimizer_->learning_rate() * factor;
  copy_frozen(false);  // decay and momentum move what has no gradient too
  optimizer_->update(model_.parameters->values(), gradients,
                     {result.learning_rate, scale, steps_ + 1});
  copy_frozen(true);
  if (detecting_anomalies()) {
    for (const Parameter* parameter : model_.parameters->all())
      require_finite(parameter->value(), "after the optimizer, '" + parameter->name() + "'");
    anomalies_arise_in(fmt::format("after step {}", steps_ + 1));
  }
  ++steps_;
  if (++batch_ == batches_->per_epoch()) {
    ++epoch_;
    batch_ = 0;
    epoch_begun_ = false;
  }
  watch.lap(times_.optimizer);
  return result;
}

void Learner::copy_frozen(bool back) {
  const std::span<float> values = model_.parameters->values();
  std::size_t at = 0;
  for (const Parameter* parameter : model_.parameters->frozen()) {
    const auto size = static_cast<std::size_t>(parameter->size());
    float* value = values.data() + (parameter->value().data<float>() - values.data());
    frozen_.resize(std::max(frozen_.size(), at + size));
    if (back)
      std::copy_n(frozen_.data() + at, size, value);
    else
      std::copy_n(value, size, frozen_.data() + at);
    at += size;
  }
}

Archive Learner::save() const {
  Archive state;
  state.put("position/step", steps_);
  state.put("position/epoch", epoch_);
  state.put("position/batch", batch_);
  splice(state, "optimizer", optimizer_->save());
  state.merge("schedule", schedule_->save());
  if (batch_ > 0)  // an epoch begins at zero
    for (std::size_t i = 0; i < carry_.size(); ++i)
      state.put("carry/" + std::to_string(i), to_array(carry_[i]));
  return state;
}

void Learner::restore(const Archive& state) {
  steps_ = state.integer("position/step");
  epoch_ = state.integer("position/epoch");
  batch_ = state.integer("position/batch");
  if (steps_ < 0 || epoch_ < 0 || batch_ < 0 || batch_ >= batches_->per_epoch())
    fail(Failure::data, "the saved position (step {}, epoch {}, batch {}) does not fit the data",
         steps_, epoch_, batch_);
  epoch_begun_ = false;
  optimizer_->restore(state.below("optimizer"));
  schedule_->restore(state.below("schedule"));
  carry_.clear();
  for (std::size_t i = 0; state.has("carry/" + std::to_string(i)); ++i)
    carry_.push_back(to_tensor(state.array("carry/" + std::to_string(i)), i));
}

}  // namespace unroll
