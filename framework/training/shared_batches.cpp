#include <unroll/training/shared_batches.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

namespace unroll {
namespace {

/// Rows begin … end-1 along dimension `axis` (0, or 1 after time).
Tensor part_of(const Tensor& tensor, int axis, std::int64_t begin, std::int64_t end) {
  if (!tensor.defined()) return {};
  const auto dims = tensor.shape().dims();
  std::vector<std::int64_t> shape(dims.begin(), dims.end());
  std::int64_t row = 1;  // elements
  for (std::size_t i = static_cast<std::size_t>(axis) + 1; i < shape.size(); ++i) row *= shape[i];
  const std::int64_t rows = shape[static_cast<std::size_t>(axis)];
  shape[static_cast<std::size_t>(axis)] = end - begin;
  const std::int64_t steps = axis == 1 ? shape[0] : 1;
  Tensor part = Tensor::empty(Shape{std::span<const std::int64_t>(shape)}, tensor.dtype());
  const auto width = static_cast<std::size_t>(size_of(tensor.dtype()));
  const auto* from = static_cast<const std::byte*>(tensor.raw());
  auto* to = static_cast<std::byte*>(part.raw());
  const std::size_t block = static_cast<std::size_t>((end - begin) * row) * width;
  for (std::int64_t t = 0; t < steps; ++t)
    std::memcpy(to + static_cast<std::size_t>(t) * block,
                from + static_cast<std::size_t>((t * rows + begin) * row) * width, block);
  return part;
}

class Share final : public Batches {
 public:
  Share(std::unique_ptr<Batches> whole, const Ranks& ranks)
      : whole_(std::move(whole)), ranks_(ranks) {}

  std::int64_t per_epoch() const override { return whole_->per_epoch(); }
  std::int64_t targets_per_epoch() const override { return whole_->targets_per_epoch(); }
  void begin_epoch(std::int64_t epoch) override { whole_->begin_epoch(epoch); }
  bool carries() const override { return whole_->carries(); }

  const Batch& get(std::int64_t index) override {
    const Batch& all = whole_->get(index);
    const auto [begin, end] = share_of(rows_of(all), ranks_);
    batch_ = {};
    if (begin == end) return batch_;
    if (!all.lengths.empty())
      batch_.lengths.assign(all.lengths.begin() + begin, all.lengths.begin() + end);
    if (!all.examples.empty())
      batch_.examples.assign(all.examples.begin() + begin, all.examples.begin() + end);
    batch_.inputs = part_of(all.inputs, 1, begin, end);
    batch_.targets = part_of(all.targets, 1, begin, end);
    batch_.previous = part_of(all.previous, 1, begin, end);
    const bool sequence = all.features.defined() && all.features.shape().rank() == 3;
    batch_.features = part_of(all.features, sequence ? 1 : 0, begin, end);
    batch_.labels = part_of(all.labels, 0, begin, end);
    batch_.values = part_of(all.values, 0, begin, end);
    return batch_;
  }

 private:
  std::unique_ptr<Batches> whole_;
  const Ranks& ranks_;
  Batch batch_;
};

}  // namespace

std::pair<std::int64_t, std::int64_t> share_of(std::int64_t rows, const Ranks& ranks) {
  return {rows * ranks.rank() / ranks.size(), rows * (ranks.rank() + 1) / ranks.size()};
}

std::int64_t rows_of(const Batch& batch) {
  for (const Tensor* by_time : {&batch.inputs, &batch.targets})
    if (by_time->defined()) return by_time->dim(1);
  for (const Tensor* by_row : {&batch.labels, &batch.values})
    if (by_row->defined()) return by_row->dim(0);
  return 0;
}

std::unique_ptr<Batches> share_batches(std::unique_ptr<Batches> whole, const Ranks& ranks) {
  return std::make_unique<Share>(std::move(whole), ranks);
}

}  // namespace unroll
