// Whole examples side by side, padded to the longest of their batch.
#include <algorithm>
#include <numeric>

#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>
#include <unroll/training/batches.hpp>

namespace unroll {
namespace {

using Goal = Task::Goal;

std::int64_t length_of(const TokenText& text) {
  return static_cast<std::int64_t>(text.size());
}

void shuffle(std::span<std::int64_t> order, RandomStream& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
}

class Examples final : public Batches {
 public:
  Examples(const Encoded& data, const Domain& domain, const Task& task, const BatchOptions& options)
      : data_(data), domain_(domain), task_(task), options_(options) {
    const auto count = static_cast<std::size_t>(data.size());
    if (count == 0) fail(Failure::data, "there are no examples");
    read_.resize(count, 0);
    written_.resize(count, 0);
    for (std::int64_t i = 0; i < data.size(); ++i) measure(i);
    order_.resize(count);
    arrange(0);
  }

  std::int64_t per_epoch() const override {
    return (data_.size() + options_.batch - 1) / options_.batch;
  }
  std::int64_t targets_per_epoch() const override {
    if (!predicts_tokens()) return data_.size();
    return std::accumulate(written_.begin(), written_.end(), std::int64_t{0});
  }
  bool carries() const override { return false; }
  void begin_epoch(std::int64_t epoch) override {
    if (options_.shuffle) arrange(epoch);
  }

  const Batch& get(std::int64_t index) override {
    const auto first = starts_[static_cast<std::size_t>(index)];
    const auto count = std::min(options_.batch, data_.size() - first);
    batch_ = {};
    batch_.examples.assign(order_.begin() + first, order_.begin() + first + count);
    if (predicts_tokens()) fill_tokens();
    if (reads_text() && task_.goal != Goal::next_token && task_.goal != Goal::tags)
      batch_.inputs = ids([&](std::int64_t i) -> const TokenText& { return text(i); });
    if (task_.reads_features) fill_features();
    if (task_.reads_label || task_.goal == Goal::label) fill_labels();
    if (task_.goal == Goal::values) fill_values();
    note_lengths();
    return batch_;
  }

 private:
  bool predicts_tokens() const { return task_.goal != Goal::label && task_.goal != Goal::values; }
  bool reads_text() const { return task_.reads_text && domain_.fields.text; }
  const TokenText& text(std::int64_t i) const {
    return data_.text.texts[static_cast<std::size_t>(i)];
  }
  const TokenText& target(std::int64_t i) const {
    return data_.target.texts[static_cast<std::size_t>(i)];
  }
  /// What a task of goal `text` writes.
  const TokenText& written(std::int64_t i) const {
    static const TokenText unsaid;  // where it is for the model to say
    const auto& texts = (domain_.fields.target ? data_.target : data_.text).texts;
    return texts.empty() ? unsaid : texts[static_cast<std::size_t>(i)];
  }
  const Vocabulary& writes() const { return domain_.fields.target ? domain_.target : domain_.text; }
  std::size_t width() const { return batch_.examples.size(); }

  /// Steps to read and tokens to predict of an example; refuses what cannot be used.
  void measure(std::int64_t i) {
    const Example& example = data_.examples[static_cast<std::size_t>(i)];
    std::int64_t& read = read_[static_cast<std::size_t>(i)];
    std::int64_t& count = written_[static_cast<std::size_t>(i)];
    if (reads_text() && task_.goal != Goal::next_token) {
      read = length_of(text(i));
      if (read == 0) fail(Failure::data, "{}: there is nothing to read", example.origin);
    }
    if (task_.reads_features) read = std::max(read, feature_steps(example));
    if (task_.goal == Goal::next_token) count = length_of(text(i)) + 1;
    if (task_.goal == Goal::text) count = length_of(written(i)) + 1;
    if (task_.goal == Goal::tags) {
      count = length_of(target(i));
      if (count != read)
        fail(Failure::data, "{}: {} tags for {} tokens; there must be one for each", example.origin,
             count, read);
    }
  }

  /// Time steps of a sequence of features, 0 for a single vector or an image.
  std::int64_t feature_steps(const Example& example) const {
    const auto& shape = domain_.fields.features;
    if (shape.size() != 2) return 0;
    const auto steps = static_cast<std::int64_t>(example.features.size()) / shape[1];
    if (steps == 0) fail(Failure::data, "{}: there is nothing to read", example.origin);
    return steps;
  }

  /// Sets order_ and starts_ for an epoch: what each batch holds, and where it begins in order_.
  void arrange(std::int64_t epoch) {
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    RandomStream random(options_.seed, "shuffle/epoch" + std::to_string(epoch));
    if (options_.shuffle) shuffle(order_, random);
    const auto longer = [&](std::int64_t a, std::int64_t b) {
      const auto i = static_cast<std::size_t>(a), j = static_cast<std::size_t>(b);
      return read_[i] != read_[j] ? read_[i] > read_[j] : written_[i] > written_[j];
    };
    // Without shuffling, all of the split is one pool: the fewest paddings.
    const std::int64_t pool = options_.shuffle
                                  ? std::max<std::int64_t>(options_.bucket, 1) * options_.batch
                                  : data_.size();
    for (std::int64_t begin = 0; begin < data_.size(); begin += pool)
      std::stable_sort(order_.begin() + begin,
                       order_.begin() + std::min(begin + pool, data_.size()), longer);
    starts_.clear();
    for (std::int64_t begin = 0; begin < data_.size(); begin += options_.batch)
      starts_.push_back(begin);
    if (options_.shuffle) shuffle(starts_, random);
  }

  /// [T, N] of the longest text, padded with -1.
  template <typename Function>
  Tensor ids(Function text_of) const {
    std::int64_t steps = 0;
    for (const std::int64_t i : batch_.examples) steps = std::max(steps, length_of(text_of(i)));
    const auto lanes = static_cast<std::int64_t>(width());
    Tensor tensor = Tensor::full(Shape{steps, lanes}, -1, DType::i32);
    TokenId* at = tensor.data<TokenId>();
    for (std::size_t n = 0; n < width(); ++n) {
      const TokenText& tokens = text_of(batch_.examples[n]);
      for (std::size_t t = 0; t < tokens.size(); ++t) at[t * width() + n] = tokens[t];
    }
    return tensor;
  }

  void fill_tokens() {
    if (task_.goal == Goal::tags) {
      batch_.inputs = ids([&](std::int64_t i) -> const TokenText& { return text(i); });
      batch_.targets = ids([&](std::int64_t i) -> const TokenText& { return target(i); });
      return;
    }
    const bool next = task_.goal == Goal::next_token;
    const Vocabulary::Special& special = (next ? domain_.text : writes()).special();
    TokenText line;
    const auto framed = [&](bool before) {
      return [&, before](std::int64_t i) -> const TokenText& {
        const TokenText& tokens = next ? text(i) : written(i);
        line.clear();
        if (before) line.push_back(special.begin.value());
        line.insert(line.end(), tokens.begin(), tokens.end());
        if (!before) line.push_back(special.end.value());
        return line;
      };
    };
    batch_.targets = ids(framed(false));
    (next ? batch_.inputs : batch_.previous) = ids(framed(true));
  }

  void fill_features() {
    const auto& shape = domain_.fields.features;
    const auto lanes = static_cast<std::int64_t>(width());
    if (shape.size() == 2) {
      std::int64_t steps = 0;
      for (const std::int64_t i : batch_.examples)
        steps = std::max(steps, feature_steps(data_.examples[static_cast<std::size_t>(i)]));
      batch_.features = Tensor::zeros(Shape{steps, lanes, shape[1]});
    } else {
      std::vector<std::int64_t> dims = {lanes};
      dims.insert(dims.end(), shape.begin(), shape.end());
      batch_.features = Tensor::empty(Shape{std::span<const std::int64_t>(dims)});
    }
    float* at = batch_.features.data<float>();
    const bool sequence = shape.size() == 2;
    const auto row = static_cast<std::size_t>(sequence ? shape[1] : 0);
    for (std::size_t n = 0; n < width(); ++n) {
      const Example& example = data_.examples[static_cast<std::size_t>(batch_.examples[n])];
      const std::vector<float>& from = example.features;
      if (!sequence) {
        if (static_cast<std::int64_t>(from.size()) * lanes != batch_.features.size())
          fail(Failure::data, "{}: {} features where there should be {}", example.origin,
               from.size(), batch_.features.size() / lanes);
        std::copy(from.begin(), from.end(), at + n * from.size());
      } else {
        for (std::size_t t = 0; t * row < from.size(); ++t)
          std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(t * row), row,
                      at + (t * width() + n) * row);
      }
    }
  }

  void fill_labels() {
    batch_.labels = Tensor::empty(Shape{static_cast<std::int64_t>(width())}, DType::i32);
    for (std::size_t n = 0; n < width(); ++n)
      batch_.labels.data<std::int32_t>()[n] =
          data_.labels[static_cast<std::size_t>(batch_.examples[n])];
  }

  void fill_values() {
    const std::size_t count = domain_.fields.values.size();
    batch_.values =
        Tensor::empty(Shape{static_cast<std::int64_t>(width()), static_cast<std::int64_t>(count)});
    for (std::size_t n = 0; n < width(); ++n) {
      const Example& example = data_.examples[static_cast<std::size_t>(batch_.examples[n])];
      if (example.values.size() != count)
        fail(Failure::data, "{}: {} values where there should be {}", example.origin,
             example.values.size(), count);
      std::copy(example.values.begin(), example.values.end(),
                batch_.values.data<float>() + n * count);
    }
  }

  /// The lengths of what is read, unless all are the same.
  void note_lengths() {
    const auto steps = [&](std::size_t n) {
      return read_[static_cast<std::size_t>(batch_.examples[n])];
    };
    if (steps(0) == steps(width() - 1)) return;  // sorted
    for (std::size_t n = 0; n < width(); ++n)
      batch_.lengths.push_back(static_cast<std::int32_t>(steps(n)));
  }

  const Encoded& data_;
  const Domain& domain_;
  Task task_;
  BatchOptions options_;
  std::vector<std::int64_t> read_, written_;  ///< by example
  std::vector<std::int64_t> order_, starts_;
  Batch batch_;
};

}  // namespace

std::unique_ptr<Batches> make_examples(const Encoded& encoded, const Domain& domain,
                                       const Task& task, const BatchOptions& options) {
  return std::make_unique<Examples>(encoded, domain, task, options);
}

}  // namespace unroll
