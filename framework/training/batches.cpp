#include <unroll/training/batches.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>
#include <unroll/core/shuffled.hpp>

namespace unroll {
namespace {

using std::size_t;

size_t at(std::int64_t index) {
  return static_cast<size_t>(index);
}

/// The stream that orders one epoch, whatever happened in the epochs before.
RandomStream stream_of(std::uint64_t seed, std::int64_t epoch) {
  return {seed, "shuffle/epoch" + std::to_string(epoch)};
}

Batch make_batch(std::int64_t steps, std::int64_t lanes) {
  const Shape shape{steps, lanes};
  return {Tensor::full(shape, -1, DType::i32), Tensor::full(shape, -1, DType::i32)};
}

/// Column n of the batch: up to T of these tokens and their successors; the rest is padding.
void fill_lane(Batch& batch, std::int64_t n, const TokenSpan& tokens) {
  const std::int64_t steps = batch.inputs.dim(0), lanes = batch.inputs.dim(1);
  TokenId* input = batch.inputs.data<TokenId>() + n;
  TokenId* target = batch.targets.data<TokenId>() + n;
  const std::int64_t there = std::clamp<std::int64_t>(tokens.size() - 1, 0, steps);
  tokens.visit([&](auto ids) {
    for (std::int64_t t = 0; t < there; ++t) {
      input[t * lanes] = ids[at(t)];
      target[t * lanes] = ids[at(t + 1)];
    }
  });
  for (std::int64_t t = there; t < steps; ++t) input[t * lanes] = target[t * lanes] = -1;
}

class Streams final : public Batches {
 public:
  Streams(TokenStore texts, const BatchOptions& options)
      : options_(options),
        texts_(std::move(texts)),
        batch_(make_batch(options.window, options.batch)) {
    const std::int64_t tokens = texts_.ids().size();
    if (!one_each()) {
      length_ = tokens / options.batch;
      for (std::int64_t n = 0; n < options.batch; ++n) starts_.push_back(n * length_);
      // A stream's last target is the next stream's first token; the last stream has none.
      if (length_ * options.batch < tokens) length_ += 1;
    }
    windows_ = (length_ - 1) / options.window;
    if (windows_ < 1)
      fail(Failure::data,
           "the training text is too short: {} tokens in {} streams give {} each, a window needs "
           "{}; use a smaller training.batch or training.window",
           tokens, options.batch, length_, options.window + 1);
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
      fill_lane(batch_, n, texts_.ids().part(starts_[at(n)] + begin, options_.window + 1));
    return batch_;
  }

 private:
  /// N texts of about one length: sets starts_ and length_.
  bool one_each() {
    if (std::cmp_not_equal(texts_.texts(), options_.batch) || texts_.texts() < 2) return false;
    std::int64_t shortest = texts_.text(0).size(), longest = shortest;
    for (size_t i = 1; i < texts_.texts(); ++i) {
      shortest = std::min(shortest, texts_.text(i).size());
      longest = std::max(longest, texts_.text(i).size());
    }
    if (longest - shortest > options_.window) return false;
    length_ = shortest;
    std::int64_t start = 0;
    for (size_t i = 0; i < texts_.texts(); ++i) {
      starts_.push_back(start);
      start += texts_.text(i).size();
    }
    return true;
  }

  BatchOptions options_;
  TokenStore texts_;
  std::vector<std::int64_t> starts_;  ///< [N]
  std::int64_t length_ = 0;           ///< tokens of a stream, its last target included
  std::int64_t windows_ = 0;
  std::int64_t offset_ = 0;
  Batch batch_;
};

class Windows final : public Batches {
 public:
  Windows(TokenStore texts, const BatchOptions& options)
      : options_(options),
        texts_(std::move(texts)),
        batch_(make_batch(options.window, options.batch)) {
    std::int64_t begin = 0;
    for (size_t i = 0; i < texts_.texts(); ++i) {
      const std::int64_t length = texts_.text(i).size();
      if (length > options.window) {
        first_.push_back({windows_, begin});
        windows_ += (length - options.window - 1) / options.stride + 1;
      }
      begin += length;
    }
    if (windows_ == 0)
      fail(Failure::data,
           "the training text is too short: no text is longer than a window of {} tokens; use a "
           "smaller training.window",
           options.window);
  }

  std::int64_t per_epoch() const override {
    return (windows_ + options_.batch - 1) / options_.batch;
  }
  std::int64_t targets_per_epoch() const override { return windows_ * options_.window; }
  bool carries() const override { return false; }

  void begin_epoch(std::int64_t epoch) override {
    if (!options_.shuffle) return;
    RandomStream random = stream_of(options_.seed, epoch);
    if (windows_ > options_.most_kept) {
      computed_.emplace(static_cast<std::uint64_t>(windows_), random);
      return;
    }
    order_.resize(at(windows_));
    std::iota(order_.begin(), order_.end(), 0U);
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  }

  const Batch& get(std::int64_t index) override {
    for (std::int64_t n = 0; n < options_.batch; ++n) {
      const std::int64_t place = index * options_.batch + n;
      fill_lane(batch_, n,
                place < windows_ ? texts_.ids().part(start_of(in_order(place)), options_.window + 1)
                                 : TokenSpan());
    }
    return batch_;
  }

 private:
  /// The first window of a text, and where in all texts it begins.
  struct First {
    std::int64_t window, begin;
  };

  std::int64_t in_order(std::int64_t place) const {
    if (computed_)
      return static_cast<std::int64_t>((*computed_)[static_cast<std::uint64_t>(place)]);
    return order_.empty() ? place : std::int64_t{order_[at(place)]};
  }

  std::int64_t start_of(std::int64_t window) const {
    const auto next = std::upper_bound(first_.begin(), first_.end(), window,
                                       [](std::int64_t w, const First& f) { return w < f.window; });
    const First& text = *(next - 1);
    return text.begin + (window - text.window) * options_.stride;
  }

  BatchOptions options_;
  TokenStore texts_;
  std::vector<First> first_;  ///< of texts that have windows
  std::int64_t windows_ = 0;
  std::vector<std::uint32_t> order_;  ///< of this epoch; empty: as they stand
  std::optional<Shuffled> computed_;  ///< the same where there are too many to keep
  Batch batch_;
};

class Documents final : public Batches {
 public:
  Documents(std::vector<TokenSpan> texts, std::int64_t window)
      : texts_(std::move(texts)), window_(window), batch_(make_batch(window, std::ssize(texts_))) {
    for (const TokenSpan& text : texts_) {
      longest_ = std::max(longest_, text.size());
      tokens_ += std::max<std::int64_t>(text.size() - 1, 0);
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
      const std::int64_t begin = std::min(index * window_, texts_[n].size());
      fill_lane(batch_, static_cast<std::int64_t>(n),
                texts_[n].part(begin, texts_[n].size() - begin));
    }
    return batch_;
  }

 private:
  std::vector<TokenSpan> texts_;
  std::int64_t window_;
  std::int64_t longest_ = 0, tokens_ = 0;
  Batch batch_;
};

}  // namespace

std::unique_ptr<Batches> make_streams(TokenStore texts, const BatchOptions& options) {
  return std::make_unique<Streams>(std::move(texts), options);
}

std::unique_ptr<Batches> make_streams(const std::vector<TokenText>& texts,
                                      const BatchOptions& options) {
  return make_streams(TokenStore::of(texts), options);
}

std::unique_ptr<Batches> make_windows(TokenStore texts, const BatchOptions& options) {
  return std::make_unique<Windows>(std::move(texts), options);
}

std::unique_ptr<Batches> make_windows(const std::vector<TokenText>& texts,
                                      const BatchOptions& options) {
  return make_windows(TokenStore::of(texts), options);
}

std::unique_ptr<Batches> make_documents(std::vector<TokenSpan> texts, std::int64_t window) {
  return std::make_unique<Documents>(std::move(texts), window);
}

std::unique_ptr<Batches> make_documents(std::span<const TokenText> texts, std::int64_t window) {
  return make_documents(std::vector<TokenSpan>(texts.begin(), texts.end()), window);
}

}  // namespace unroll
