#include <unroll/model/ngram_model.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

[[noreturn]] void refuse_damaged(std::size_t order) {
  fail(Failure::data, "the n-gram counts of order {} are damaged", order);
}

bool all_positive(const std::vector<std::int64_t>& counts) {
  return std::all_of(counts.begin(), counts.end(), [](std::int64_t count) { return count > 0; });
}

bool sorted_within(const std::vector<std::int64_t>& keys, std::int64_t end) {
  return std::is_sorted(keys.begin(), keys.end()) &&
         (keys.empty() || (keys.front() >= 0 && keys.back() < end));
}

/// D by min(a, 3); the top of ngram_model.hpp has the formulas.
std::array<double, 4> discounts(const std::vector<std::int64_t>& counts) {
  std::array<double, 5> n{};  // n[i]: how many counts are i
  for (const std::int64_t count : counts)
    if (count <= 4) n[static_cast<std::size_t>(count)] += 1;
  const double y = n[1] / (n[1] + 2 * n[2]);
  std::array<double, 4> discount{};
  for (std::size_t i = 1; i <= 3; ++i) {
    const auto most = static_cast<double>(i);
    discount[i] = most - (most + 1) * y * n[i + 1] / n[i];
    if (!(discount[i] > 0 && discount[i] <= most)) return {0, 0.5, 1, 1.5};  // NaN too
  }
  return discount;
}

}  // namespace

NgramModel::NgramModel(std::size_t order, std::int64_t vocabulary, NgramSmoothing smoothing)
    : vocabulary_(vocabulary), smoothing_(smoothing), tables_(order + 1) {
  const int most = static_cast<int>(62.0 / std::log2(static_cast<double>(vocabulary + 1))) - 1;
  if (static_cast<std::int64_t>(order) > most)
    fail(Failure::usage,
         "an n-gram model of order {} has too many contexts of {} tokens; at most {}", order,
         vocabulary, most);
}

void NgramModel::count(std::span<const TokenId> context, TokenId next) {
  settled_ = false;
  Key key = next, place = vocabulary_;
  for (std::size_t k = 0;; ++k) {
    tables_[k].add(key);
    if (k == context.size()) return;
    key += place * context[context.size() - 1 - k];
    place *= vocabulary_;
  }
}

void NgramModel::distribution(std::span<const TokenId> context, std::vector<double>& p) const {
  settle();
  p = without_context_;
  Key key = 0, place = 1;
  for (std::size_t k = 1; k <= context.size(); ++k) {
    key += place * context[context.size() - k];
    place *= vocabulary_;
    if (!interpolate(k, key, p)) return;  // and neither did any longer context occur
  }
}

/// Turns P_{k-1} into P_k; false if the context never occurred.
bool NgramModel::interpolate(std::size_t k, Key context, std::vector<double>& p) const {
  const auto [begin, end] = tables_[k].followers(context, vocabulary_);
  if (begin == end) return false;
  const bool kneser_ney = smoothing_ == NgramSmoothing::kneser_ney;
  const std::vector<std::int64_t>& counts =
      kneser_ney ? kneser_ney_[k].counts : tables_[k].counts();
  const auto discount = [&](std::int64_t count) {
    const auto at = static_cast<std::size_t>(std::min<std::int64_t>(count, 3));
    return kneser_ney ? kneser_ney_[k].discount[at] : 0;
  };
  double sum = 0, discounted = 0;
  for (std::size_t i = begin; i < end; ++i) {
    sum += static_cast<double>(counts[i]);
    discounted += discount(counts[i]);
  }
  const auto types = static_cast<double>(end - begin);
  const double whole = kneser_ney ? sum : sum + types;
  const double left = (kneser_ney ? discounted : types) / whole;  // for the shorter context
  for (double& value : p) value *= left;
  for (std::size_t i = begin; i < end; ++i)
    p[static_cast<std::size_t>(tables_[k].keys()[i] - context * vocabulary_)] +=
        (static_cast<double>(counts[i]) - discount(counts[i])) / whole;
  return true;
}

void NgramModel::settle() const {
  if (settled_) return;
  for (NgramTable& table : tables_) table.settle();
  kneser_ney_.clear();
  if (smoothing_ == NgramSmoothing::kneser_ney)
    for (std::size_t k = 0; k <= order(); ++k) {
      std::vector<std::int64_t> counts = k < order() ? continuations(k) : tables_[k].counts();
      const std::array<double, 4> discount = discounts(counts);
      kneser_ney_.push_back({std::move(counts), discount});
    }
  without_context_.assign(static_cast<std::size_t>(vocabulary_),
                          1 / static_cast<double>(vocabulary_));
  interpolate(0, 0, without_context_);
  settled_ = true;
}

/// How many different tokens stand before each key of order k, and how often none does.
std::vector<std::int64_t> NgramModel::continuations(std::size_t k) const {
  const std::vector<Key>& keys = tables_[k].keys();
  std::vector<std::int64_t> found = tables_[k].counts();
  Key place = vocabulary_;  // of the token before the context
  for (std::size_t i = 0; i < k; ++i) place *= vocabulary_;
  const NgramTable& longer = tables_[k + 1];
  for (std::size_t i = 0; i < longer.keys().size(); ++i) {
    const Key key = longer.keys()[i] % place;
    const auto at = std::lower_bound(keys.begin(), keys.end(), key);
    if (at == keys.end() || *at != key) refuse_damaged(k);
    found[static_cast<std::size_t>(at - keys.begin())] -= longer.counts()[i] - 1;
  }
  if (!all_positive(found)) refuse_damaged(k);
  return found;
}

Archive NgramModel::save() const {
  settle();
  Archive archive;
  archive.put("vocabulary", vocabulary_);
  for (std::size_t k = 0; k < tables_.size(); ++k) {
    const auto size = static_cast<std::int64_t>(tables_[k].keys().size());
    const std::string name = "order" + std::to_string(k);
    archive.put(name + "/keys", Array{{size},
                                      tables_[k].keys(),
                                      {{"meaning", "context and next token in base vocabulary"}}});
    archive.put(name + "/counts", Array{{size}, tables_[k].counts(), {}});
  }
  return archive;
}

void NgramModel::restore(const Archive& state) {
  settled_ = false;
  if (state.integer("vocabulary") != vocabulary_)
    fail(Failure::data, "the n-gram counts are for {} tokens, the vocabulary has {}",
         state.integer("vocabulary"), vocabulary_);
  Key end = 1;
  for (std::size_t k = 0; k < tables_.size(); ++k) {
    end *= vocabulary_;
    const std::string name = "order" + std::to_string(k);
    const auto* keys = std::get_if<std::vector<Key>>(&state.array(name + "/keys").values);
    const auto* counts =
        std::get_if<std::vector<std::int64_t>>(&state.array(name + "/counts").values);
    if (keys == nullptr || counts == nullptr || keys->size() != counts->size() ||
        !sorted_within(*keys, end) || !all_positive(*counts))
      refuse_damaged(k);
    tables_[k].set(*keys, *counts);
  }
}

}  // namespace unroll
