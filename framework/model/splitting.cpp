#include <unroll/model/splitting.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_set>

#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>

namespace unroll {
namespace {

/// FNV-1a, finished so that its high bits are well mixed.
std::uint64_t hash_of(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93;
  return hash ^ hash >> 32;
}

double unit_interval(std::uint64_t hash) {
  return static_cast<double>(hash >> 11) * 0x1.0p-53;
}

/// What an example says, to recognise it in another split.
std::string content(const Example& example) {
  std::string key = example.text + '\x1f' + example.target;
  for (const std::string& word : example.words) key += '\x1f' + word;
  if (!example.features.empty())
    key.append(reinterpret_cast<const char*>(example.features.data()),
               example.features.size() * sizeof(float));
  return key;
}

double percent(double share) {
  return std::round(share * 1000) / 10;
}

std::string name_of_shares(const SplitOptions& options) {
  const std::string shares =
      fmt::format("{:g}/{:g}/{:g}", percent(1 - options.validation - options.test),
                  percent(options.validation), percent(options.test));
  if (options.split == "column") return "by column";
  if (options.split == "hash") return "by hash " + shares;
  if (options.split == "group")
    return fmt::format("by group {} (seed {})", shares, options.split_seed);
  if (options.split == "in_order") return "in order " + shares;
  return fmt::format("shuffled {} (seed {})", shares, options.split_seed);
}

std::string name_of(const SplitOptions& options, const SplitFiles& files) {
  if (files.validation && files.test) return "by file";
  return name_of_shares(options) + (files.validation ? ", validation by file"
                                    : files.test     ? ", test by file"
                                                     : "");
}

/// Places in 0 … 1 that decide each example's split: low ones train.
std::vector<double> ranks(const std::vector<Grouped>& examples, const SplitOptions& options) {
  std::vector<double> rank(examples.size());
  if (options.split == "hash" || options.split == "group") {
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const bool group = options.split == "group";
      if (group && examples[i].group.empty())
        fail(Failure::usage,
             "data: split: group needs groups, and {} has none; name the column that holds them",
             examples[i].example.origin.empty() ? "this dataset" : examples[i].example.origin);
      rank[i] = unit_interval(
          group ? hash_of(examples[i].group, hash_of(std::to_string(options.split_seed)))
                : hash_of(content(examples[i].example)));
    }
    return rank;
  }
  std::vector<std::size_t> order(examples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (options.split == "shuffled") {
    RandomStream random(options.split_seed, "split");
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  }
  for (std::size_t place = 0; place < order.size(); ++place)
    rank[order[place]] = (static_cast<double>(place) + 0.5) / static_cast<double>(order.size());
  return rank;
}

void note_leakage(Splits& splits) {
  std::unordered_set<std::uint64_t> trained;
  for (const Example& example : splits.train) trained.insert(hash_of(content(example)));
  const auto note = [&](const std::vector<Example>& split, const char* name) {
    const auto found = std::count_if(split.begin(), split.end(), [&](const Example& example) {
      return trained.contains(hash_of(content(example)));
    });
    if (found > 0)
      splits.notices.push_back(fmt::format(
          "{} of the {} {} examples also stand in the training split", found, split.size(), name));
  };
  note(splits.validation, "validation");
  note(splits.test, "test");
}

void note_balance(Splits& splits) {
  if (!splits.fields.label || splits.train.empty()) return;
  std::map<std::string, std::size_t> counts;
  for (const Example& example : splits.train) ++counts[example.label];
  const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [rarest, commonest] = std::minmax_element(counts.begin(), counts.end(), by_count);
  if (commonest->second >= 3 * rarest->second)
    splits.notices.push_back(fmt::format(
        "classes out of balance: {} has {} training examples, {} has {}; always saying {} is right "
        "for {:.1f} %",
        commonest->first, commonest->second, rarest->first, rarest->second, commonest->first,
        100.0 * static_cast<double>(commonest->second) / static_cast<double>(splits.train.size())));
}

/// The groups say it; what is of no split is left out.
void divide_by_column(std::vector<Grouped>& examples, Splits& splits) {
  for (Grouped& grouped : examples) {
    if (grouped.group == "train") splits.train.push_back(std::move(grouped.example));
    if (grouped.group == "validation") splits.validation.push_back(std::move(grouped.example));
    if (grouped.group == "test") splits.test.push_back(std::move(grouped.example));
  }
  if (splits.train.empty())
    fail(Failure::data, "data: split: column finds no example whose group is 'train'");
}

void divide_by_rank(std::vector<Grouped>& examples, const SplitOptions& options, Splits& splits) {
  const std::vector<double> rank = ranks(examples, options);
  const double trained = 1 - options.validation - options.test;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    auto& split = rank[i] < trained - 1e-12                        ? splits.train
                  : rank[i] < trained + options.validation - 1e-12 ? splits.validation
                                                                   : splits.test;
    split.push_back(std::move(examples[i].example));
  }
  const auto require = [&](const std::vector<Example>& split, double share, const char* name) {
    if (share > 0 && split.empty())
      fail(Failure::data, "data: of {} examples none is left for {}; use more, or another split",
           examples.size(), name);
  };
  require(splits.train, 1, "training");
  require(splits.validation, options.validation, "validation");
  require(splits.test, options.test, "test");
}

}  // namespace

SplitOptions::SplitOptions() = default;

Splits divide(std::vector<Grouped> examples, const Fields& fields, SplitOptions options,
              SplitFiles files) {
  if (files.validation) options.validation = 0;
  if (files.test) options.test = 0;
  if (options.validation + options.test >= 1)
    fail(Failure::usage, "data: validation {} and test {} leave nothing to train on",
         options.validation, options.test);
  if (options.limit > 0 && static_cast<std::int64_t>(examples.size()) > options.limit)
    examples.resize(static_cast<std::size_t>(options.limit));
  Splits splits;
  splits.fields = fields;
  splits.split_name = name_of(options, files);
  if (options.split == "column")
    divide_by_column(examples, splits);
  else
    divide_by_rank(examples, options, splits);
  const auto take = [](std::optional<std::vector<Grouped>>& from, std::vector<Example>& split,
                       const char* name) {
    if (!from) return;
    if (from->empty())
      fail(Failure::data, "data: the files of the {} split hold nothing that can be used", name);
    split = ungrouped(std::move(*from));
  };
  take(files.validation, splits.validation, "validation");
  take(files.test, splits.test, "test");
  note_leakage(splits);
  note_balance(splits);
  return splits;
}

std::vector<Example> ungrouped(std::vector<Grouped> examples) {
  std::vector<Example> bare;
  bare.reserve(examples.size());
  for (Grouped& grouped : examples) bare.push_back(std::move(grouped.example));
  return bare;
}

}  // namespace unroll
