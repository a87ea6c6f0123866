#include <unroll/training/batches.hpp>

#include <algorithm>
#include <string>

#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>

namespace unroll {
namespace {

using std::size_t;

size_t at(std::int64_t index) {
  return static_cast<size_t>(index);
}
std::int64_t length_of(const TokenText& text) {
  return static_cast<std::int64_t>(text.size());
}

/// The stream that orders one epoch, whatever happened in the epochs before.
RandomStream stream_of(std::uint64_t seed, std::int64_t epoch) {
  return {seed, "shuffle/epoch" + std::to_string(epoch)};
}

Batch make_batch(std::int64_t steps, std::int64_t lanes) {
  const Shape shape{steps, lanes};
  return {Tensor::full(shape, -1, DType::i32), Tensor::full(shape, -1, DType::i32)};
}

/// Column n of the batch: up to T tokens from `from` (of which `known` exist) and their
/// successors; the rest is padding.
void fill_lane(Batch& batch, std::int64_t n, const TokenId* from, std::int64_t known) {
  const std::int64_t steps = batch.inputs.dim(0), lanes = batch.inputs.dim(1);
  TokenId* input = batch.inputs.data<TokenId>() + n;
  TokenId* target = batch.targets.data<TokenId>() + n;
  for (std::int64_t t = 0; t < steps; ++t) {
    const bool there = t + 1 < known;
    input[t * lanes] = there ? from[t] : -1;
    target[t * lanes] = there ? from[t + 1] : -1;
  }
}

class Streams final : public Batches {
 public:
  Streams(const std::vector<TokenText>& texts, const BatchOptions& options)
      : options_(options), batch_(make_batch(options.window, options.batch)) {
    for (const TokenText& text : texts) ids_.insert(ids_.end(), text.begin(), text.end());
    if (!one_each(texts)) {
      length_ = length_of(ids_) / options.batch;
      for (std::int64_t n = 0; n < options.batch; ++n) starts_.push_back(n * length_);
      // A stream's last target is the next stream's first token; the last stream has none.
      if (length_ * options.batch < length_of(ids_)) length_ += 1;
    }
    windows_ = (length_ - 1) / options.window;
    if (windows_ < 1)
      fail(Failure::data,
           "the training text is too short: {} tokens in {} streams give {} each, a window needs "
           "{}; use a smaller training.batch or training.window",
           ids_.size(), options.batch, length_, options.window + 1);
  }

  std::int64_t per_epoch() const override { return windows_; }
  std::int64_t targets_per_epoch() const override {
    return windows_ * options_.window * options_.batch;
  }
  bool carries() const override { return true; }

  void begin_epoch(std::int64_t epoch) override {
    const std::int64_t spare = length_ - 1 - windows_ * options_.window;
    offset_ = 0;
    if (options_.shuffle)
      offset_ = static_cast<std::int64_t>(
          stream_of(options_.seed, epoch).below(static_cast<std::uint64_t>(spare) + 1));
  }

  const Batch& get(std::int64_t index) override {
    const std::int64_t begin = offset_ + index * options_.window;
    for (std::int64_t n = 0; n < options_.batch; ++n)
      fill_lane(batch_, n, ids_.data() + starts_[at(n)] + begin, options_.window + 1);
    return batch_;
  }

 private:
  /// N texts of about one length: sets starts_ and length_.
  bool one_each(const std::vector<TokenText>& texts) {
    if (length_of_list(texts) != options_.batch || texts.size() < 2) return false;
    const auto [shortest, longest] = std::minmax_element(
        texts.begin(), texts.end(),
        [](const TokenText& a, const TokenText& b) { return a.size() < b.size(); });
    if (length_of(*longest) - length_of(*shortest) > options_.window) return false;
    length_ = length_of(*shortest);
    std::int64_t start = 0;
    for (const TokenText& text : texts) {
      starts_.push_back(start);
      start += length_of(text);
    }
    return true;
  }
  static std::int64_t length_of_list(const std::vector<TokenText>& texts) {
    return static_cast<std::int64_t>(texts.size());
  }

  BatchOptions options_;
  TokenText ids_;
  std::vector<std::int64_t> starts_;  ///< [N]
  std::int64_t length_ = 0;           ///< tokens of a stream, its last target included
  std::int64_t windows_ = 0;
  std::int64_t offset_ = 0;
  Batch batch_;
};

class Windows final : public Batches {
 public:
  Windows(const std::vector<TokenText>& texts, const BatchOptions& options)
      : options_(options), batch_(make_batch(options.window, options.batch)) {
    for (const TokenText& text : texts) {
      const std::int64_t base = length_of(ids_);
      for (std::int64_t start = 0; start + options.window < length_of(text);
           start += options.stride)
        in_order_.push_back(base + start);
      ids_.insert(ids_.end(), text.begin(), text.end());
    }
    if (in_order_.empty())
      fail(Failure::data,
           "the training text is too short: no text is longer than a window of {} tokens; use a "
           "smaller training.window",
           options.window);
    order_ = in_order_;
  }

  std::int64_t per_epoch() const override {
    return (static_cast<std::int64_t>(order_.size()) + options_.batch - 1) / options_.batch;
  }
  std::int64_t targets_per_epoch() const override {
    return static_cast<std::int64_t>(order_.size()) * options_.window;
  }
  bool carries() const override { return false; }

  void begin_epoch(std::int64_t epoch) override {
    if (!options_.shuffle) return;
    order_ = in_order_;
    RandomStream random = stream_of(options_.seed, epoch);
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  }

  const Batch& get(std::int64_t index) override {
    for (std::int64_t n = 0; n < options_.batch; ++n) {
      const size_t window = at(index * options_.batch + n);
      if (window < order_.size())
        fill_lane(batch_, n, ids_.data() + order_[window], options_.window + 1);
      else
        fill_lane(batch_, n, nullptr, 0);
    }
    return batch_;
  }

 private:
  BatchOptions options_;
  TokenText ids_;
  std::vector<std::int64_t> in_order_, order_;  ///< where windows begin in ids_
  Batch batch_;
};

class Documents final : public Batches {
 public:
  Documents(std::span<const TokenText> texts, std::int64_t window)
      : texts_(texts),
        window_(window),
        batch_(make_batch(window, static_cast<std::int64_t>(texts.size()))) {
    for (const TokenText& text : texts) {
      longest_ = std::max(longest_, length_of(text));
      tokens_ += std::max<std::int64_t>(length_of(text) - 1, 0);
    }
  }

  std::int64_t per_epoch() const override {
    return longest_ < 2 ? 0 : (longest_ - 2) / window_ + 1;
  }
  std::int64_t targets_per_epoch() const override { return tokens_; }
  bool carries() const override { return true; }
  void begin_epoch(std::int64_t) override {}

  const Batch& get(std::int64_t index) override {
    for (size_t n = 0; n < texts_.size(); ++n) {
      const std::int64_t begin = std::min(index * window_, length_of(texts_[n]));
      fill_lane(batch_, static_cast<std::int64_t>(n), texts_[n].data() + begin,
                length_of(texts_[n]) - begin);
    }
    return batch_;
  }

 private:
  std::span<const TokenText> texts_;
  std::int64_t window_;
  std::int64_t longest_ = 0, tokens_ = 0;
  Batch batch_;
};

}  // namespace

std::unique_ptr<Batches> make_streams(const std::vector<TokenText>& texts,
                                      const BatchOptions& options) {
  return std::make_unique<Streams>(texts, options);
}

std::unique_ptr<Batches> make_windows(const std::vector<TokenText>& texts,
                                      const BatchOptions& options) {
  return std::make_unique<Windows>(texts, options);
}

std::unique_ptr<Batches> make_documents(std::span<const TokenText> texts, std::int64_t window) {
  return std::make_unique<Documents>(texts, window);
}

}  // namespace unroll
