#include <unroll/training/learner.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/core/archive_splice.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/training/shared_batches.hpp>

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
  /// Forgets that time.
  void skip() { last_ = std::chrono::steady_clock::now(); }

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
      options_(options) {
  graph_.set_precision(options.precision);
  if (options.ranks == nullptr) return;
  batches_ = share_batches(std::move(batches_), *options.ranks);
  gradient_sum_ = std::make_unique<GradientSum>(*options.ranks, *model.parameters);
}

StepResult Learner::differentiate(const Batch& batch, Wishes wishes) {
  Stopwatch watch;
  if (detecting_anomalies()) anomalies_arise_in(fmt::format("step {}", steps_ + 1));
  std::string stream = "dropout/" + std::to_string(steps_);
  if (options_.ranks != nullptr && options_.ranks->rank() > 0)
    stream += "/rank" + std::to_string(options_.ranks->rank());
  RandomStream dropout(options_.seed, stream);
  graph_.clear();
  const Carry before = carry_;
  Outcome outcome;
  if (!options_.ranks || rows_of(batch) > 0)
    outcome = model_.architecture->run(graph_, batch, carry_, &dropout);
  watch.lap(times_.forward);

  StepResult found{outcome.total, outcome.counted, outcome.correct, 0, 0, wishes};
  double part = 1;  // of the mean that is differentiated
  if (options_.ranks != nullptr) {
    const double own = outcome.weight > 0 ? outcome.weight : static_cast<double>(outcome.counted);
    std::array<double, 6> all = {outcome.total,
                                 static_cast<double>(outcome.counted),
                                 static_cast<double>(outcome.correct),
                                 own,
                                 wishes.stop ? 1.0 : 0.0,
                                 wishes.checkpoint ? 1.0 : 0.0};
    options_.ranks->sum(all);
    found = {all[0], std::llround(all[1]), std::llround(all[2]), 0, 0, {all[4] > 0, all[5] > 0}};
    part = own / std::max(all[3], 1e-12);
    watch.lap(times_.exchange);
  }
  if (!std::isfinite(found.total)) {
    carry_ = before;
    fail(Failure::diverged,
         "step {}: the loss is {}; try a smaller learning rate or training.clip_norm", steps_ + 1,
         found.total);
  }

  model_.parameters->zero_gradients();
  if (gradient_sum_) gradient_sum_->begin();
  if (outcome.loss.defined() || !gradient_sum_)
    graph_.backward(outcome.loss, part, gradient_sum_.get());
  graph_.clear();
  watch.lap(times_.backward);
  if (gradient_sum_) gradient_sum_->finish();
  for (Parameter* parameter : model_.parameters->frozen()) parameter->gradient().fill(0);
  found.gradient_norm = norm_of(model_.parameters->gradients(), sums_);
  watch.lap(gradient_sum_ ? times_.exchange : times_.backward);
  if (!std::isfinite(found.gradient_norm)) {
    carry_ = before;
    fail(Failure::diverged,
         "step {}: the gradient's norm is {}; try a smaller learning rate or training.clip_norm",
         steps_ + 1, found.gradient_norm);
  }
  return found;
}

StepResult Learner::step(Wishes wishes) {
  Stopwatch watch;
  if (!epoch_begun_) {
    batches_->begin_epoch(epoch_);
    epoch_begun_ = true;
  }
  if (batch_ == 0 || !batches_->carries()) carry_.clear();
  const Batch& batch = batches_->get(batch_);
  watch.lap(times_.data);
  StepResult result = differentiate(batch, wishes);
  watch.skip();

  const std::span<float> gradients = model_.parameters->gradients();
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
  if (batch_ > 0) splice(state, "carry", save_carry());  // an epoch begins at zero
  return state;
}

Archive Learner::save_carry() const {
  Archive state;
  for (std::size_t i = 0; i < carry_.size(); ++i) {
    const Tensor& own = carry_[i];
    Array all = to_array(own);
    if (options_.ranks != nullptr) {
      const std::span<const std::byte> bytes(
          static_cast<const std::byte*>(own.raw()),
          static_cast<std::size_t>(own.size()) * static_cast<std::size_t>(size_of(own.dtype())));
      const std::vector<std::byte> joined = options_.ranks->join(bytes);
      const std::int64_t row = own.size() / std::max<std::int64_t>(own.dim(0), 1);
      std::visit(
          [&](auto& values) {
            using T = typename std::decay_t<decltype(values)>::value_type;
            if constexpr (std::is_trivially_copyable_v<T>) {
              values.resize(joined.size() / sizeof(T));
              std::memcpy(values.data(), joined.data(), joined.size());
              all.shape[0] = static_cast<std::int64_t>(values.size()) / row;
            }
          },
          all.values);
    }
    state.put(std::to_string(i), std::move(all));
  }
  return state;
}

void Learner::restore_carry(const Archive& state) {
  carry_.clear();
  for (std::size_t i = 0; state.has(std::to_string(i)); ++i) {
    Tensor all = to_tensor(state.array(std::to_string(i)), i);
    if (options_.ranks != nullptr) {
      const auto [begin, end] = share_of(all.dim(0), *options_.ranks);
      all = all.slice(begin, end);
    }
    carry_.push_back(std::move(all));
  }
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
  restore_carry(state.below("carry"));
}

}  // namespace unroll
