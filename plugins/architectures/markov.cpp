// Markov: an interpolated n-gram model, the reference that a recurrent network has to beat.
// Witten and Bell 1991, "The zero-frequency problem", method C:
//
//   P_k(w | ctx) = (c(ctx, w) + T(ctx) P_{k-1}(w | ctx')) / (c(ctx) + T(ctx))      P_{-1} = 1 / V
//
// ctx is the last k tokens, ctx' the last k-1, c counts, T(ctx) is how many different tokens
// followed ctx. A context that was never seen leaves P_{k-1} as it is. Near the beginning of a text
// only the orders that fit are used. Nothing is learnt by gradients.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace unroll;

/// A context of k tokens and the next token w as one number in base V, w last.
using Key = std::int64_t;

/// What followed the contexts of one length.
class Order {
 public:
  void add(Key key) { pending_.push_back(key); }

  /// Sorts what was added since the last call into the tables.
  void settle(Key vocabulary) {
    if (pending_.empty()) return;
    std::sort(pending_.begin(), pending_.end());
    std::vector<Key> keys;
    std::vector<std::int64_t> counts;
    std::size_t old = 0;
    const auto append = [&](Key key, std::int64_t count) {
      if (!keys.empty() && keys.back() == key) {
        counts.back() += count;
      } else {
        keys.push_back(key);
        counts.push_back(count);
      }
    };
    for (const Key key : pending_) {
      for (; old < keys_.size() && keys_[old] <= key; ++old) append(keys_[old], counts_[old]);
      append(key, 1);
    }
    for (; old < keys_.size(); ++old) append(keys_[old], counts_[old]);
    pending_ = {};
    set(std::move(keys), std::move(counts), vocabulary);
  }

  void set(std::vector<Key> keys, std::vector<std::int64_t> counts, Key vocabulary) {
    keys_ = std::move(keys);
    counts_ = std::move(counts);
    contexts_.clear();
    first_.clear();
    totals_.clear();
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (contexts_.empty() || contexts_.back() != keys_[i] / vocabulary) {
        contexts_.push_back(keys_[i] / vocabulary);
        first_.push_back(i);
        totals_.push_back(0);
      }
      totals_.back() += counts_[i];
    }
    first_.push_back(keys_.size());
  }

  /// Turns P_{k-1} into P_k for this context; false if it was never seen.
  bool interpolate(Key context, Key vocabulary, std::vector<double>& p) const {
    const auto found = std::lower_bound(contexts_.begin(), contexts_.end(), context);
    if (found == contexts_.end() || *found != context) return false;
    const auto node = static_cast<std::size_t>(found - contexts_.begin());
    const auto types = static_cast<double>(first_[node + 1] - first_[node]);
    const double whole = static_cast<double>(totals_[node]) + types;
    for (double& value : p) value *= types / whole;
    for (std::size_t i = first_[node]; i < first_[node + 1]; ++i)
      p[static_cast<std::size_t>(keys_[i] - context * vocabulary)] +=
          static_cast<double>(counts_[i]) / whole;
    return true;
  }

  const std::vector<Key>& keys() const { return keys_; }
  const std::vector<std::int64_t>& counts() const { return counts_; }

 private:
  std::vector<Key> pending_;
  std::vector<Key> keys_;  ///< sorted, so that the tokens after one context lie together
  std::vector<std::int64_t> counts_;
  std::vector<Key> contexts_;  ///< the different contexts among keys_
  std::vector<std::size_t> first_;
  std::vector<std::int64_t> totals_;
};

class Markov final : public Architecture {
 public:
  struct Options {
    int order = 4;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("n-gram model with Witten-Bell interpolation, the reference to beat");
    schema.option("order", &Options::order, "tokens of context").range(0, 20);
  }

  Markov(const Options& options, const ArchitectureContext& context)
      : length_(static_cast<std::size_t>(options.order)),
        vocabulary_(context.domain.text.size()),
        orders_(length_ + 1) {
    const int most = static_cast<int>(62.0 / std::log2(static_cast<double>(vocabulary_ + 1))) - 1;
    if (options.order > most)
      fail(Failure::usage, "markov: order {} is too high for {} tokens; at most {}", options.order,
           vocabulary_, most);
  }

  bool counts() const override { return true; }

  /// Each batch is whole texts from their beginnings, one a column.
  void count(const Batch& batch) override {
    const std::int64_t steps = batch.inputs.dim(0), lanes = batch.inputs.dim(1);
    const TokenId* inputs = batch.inputs.data<TokenId>();
    const TokenId* targets = batch.targets.data<TokenId>();
    History history(length_);
    for (std::int64_t n = 0; n < lanes; ++n) {
      history.clear();
      for (std::int64_t t = 0; t < steps; ++t) {
        const TokenId input = inputs[t * lanes + n], target = targets[t * lanes + n];
        if (t == 0 && input >= 0) orders_[0].add(input);
        history.push(input);
        if (target < 0) continue;
        for (std::size_t k = 0; k <= history.known(); ++k)
          orders_[k].add(history.context(k, vocabulary_) * vocabulary_ + target);
      }
    }
  }

  Outcome run(Graph&, const Batch& batch, Carry& carry, RandomStream*) override {
    settle();
    const std::int64_t steps = batch.inputs.dim(0), lanes = batch.inputs.dim(1);
    const auto width = static_cast<std::int64_t>(std::max<std::size_t>(length_, 1));
    if (carry.empty()) carry = {Tensor::full(Shape{lanes, width}, -1, DType::i32)};
    Outcome outcome;
    History history(length_);
    std::vector<double> p;
    for (std::int64_t n = 0; n < lanes; ++n) {
      TokenId* kept = carry[0].data<TokenId>() + n * width;
      history.load(kept);
      for (std::int64_t t = 0; t < steps; ++t) {
        history.push(batch.inputs.data<TokenId>()[t * lanes + n]);
        const TokenId target = batch.targets.data<TokenId>()[t * lanes + n];
        if (target < 0) continue;
        distribution(history, p);
        outcome.total -= std::log(p[static_cast<std::size_t>(target)]);
        outcome.counted += 1;
        outcome.correct += std::max_element(p.begin(), p.end()) - p.begin() == target ? 1 : 0;
      }
      history.store(kept);
    }
    return outcome;
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override;

  Archive save() const override {
    settle();
    Archive archive;
    archive.put("vocabulary", vocabulary_);
    for (std::size_t k = 0; k < orders_.size(); ++k) {
      const auto size = static_cast<std::int64_t>(orders_[k].keys().size());
      const std::string name = "order" + std::to_string(k);
      archive.put(name + "/keys",
                  Array{{size},
                        orders_[k].keys(),
                        {{"meaning", "context and next token in base vocabulary"}}});
      archive.put(name + "/counts", Array{{size}, orders_[k].counts(), {}});
    }
    return archive;
  }

  void restore(const Archive& state) override {
    if (state.integer("vocabulary") != vocabulary_)
      fail(Failure::data, "markov: the counts are for {} tokens, the vocabulary has {}",
           state.integer("vocabulary"), vocabulary_);
    for (std::size_t k = 0; k < orders_.size(); ++k) {
      const std::string name = "order" + std::to_string(k);
      const auto* keys = std::get_if<std::vector<Key>>(&state.array(name + "/keys").values);
      const auto* counts =
          std::get_if<std::vector<std::int64_t>>(&state.array(name + "/counts").values);
      if (keys == nullptr || counts == nullptr || keys->size() != counts->size() ||
          !std::is_sorted(keys->begin(), keys->end()) ||
          std::any_of(keys->begin(), keys->end(), [](Key key) { return key < 0; }))
        fail(Failure::data, "markov: the counts of order {} are damaged", k);
      orders_[k].set(*keys, *counts, vocabulary_);
    }
  }

 private:
  /// The last tokens of one sequence, newest last; padding is not taken in.
  class History {
   public:
    explicit History(std::size_t length) : ids_(length) {}
    void clear() { known_ = 0; }
    void push(TokenId id) {
      if (id < 0 || ids_.empty()) return;
      std::rotate(ids_.begin(), ids_.begin() + 1, ids_.end());
      ids_.back() = id;
      known_ = std::min(known_ + 1, ids_.size());
    }
    std::size_t known() const { return known_; }
    /// The newest k tokens as a number in base V.
    Key context(std::size_t k, Key vocabulary) const {
      Key key = 0;
      for (std::size_t i = ids_.size() - k; i < ids_.size(); ++i) key = key * vocabulary + ids_[i];
      return key;
    }
    /// From and to [order] ids, where -1 is a token that is not there yet.
    void load(const TokenId* from) {
      clear();
      for (std::size_t i = 0; i < ids_.size(); ++i) push(from[i]);
    }
    void store(TokenId* to) const {
      for (std::size_t i = 0; i < ids_.size(); ++i) to[i] = i + known_ < ids_.size() ? -1 : ids_[i];
    }

   private:
    std::vector<TokenId> ids_;
    std::size_t known_ = 0;
  };

  class Steps;

  void settle() const {
    for (Order& order : orders_) order.settle(vocabulary_);
  }

  /// P_order(· | history) into p [V].
  void distribution(const History& history, std::vector<double>& p) const {
    p.assign(static_cast<std::size_t>(vocabulary_), 1.0 / static_cast<double>(vocabulary_));
    for (std::size_t k = 0; k <= history.known(); ++k)
      if (!orders_[k].interpolate(history.context(k, vocabulary_), vocabulary_, p)) break;
  }

  std::size_t length_;
  Key vocabulary_;
  mutable std::vector<Order> orders_;  ///< settled when first read
};

class Markov::Steps final : public Decoder {
 public:
  Steps(const Markov& model, std::int64_t sequences)
      : model_(model), histories_(static_cast<std::size_t>(sequences), History(model.length_)) {
    model.settle();
  }
  void reset() override {
    for (History& history : histories_) history.clear();
  }
  std::span<const float> next(std::span<const TokenId> tokens) override {
    logits_.clear();
    for (std::size_t n = 0; n < histories_.size(); ++n) {
      histories_[n].push(tokens[n]);
      model_.distribution(histories_[n], p_);
      for (const double value : p_) logits_.push_back(static_cast<float>(std::log(value)));
    }
    return logits_;
  }

 private:
  const Markov& model_;
  std::vector<History> histories_;
  std::vector<double> p_;
  std::vector<float> logits_;
};

std::unique_ptr<Decoder> Markov::decoder(std::int64_t sequences) {
  return std::make_unique<Steps>(*this, sequences);
}

}  // namespace

UNROLL_PLUGIN(architecture, "markov", "1.0.0", Markov)
