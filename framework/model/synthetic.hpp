// Data sets that are made rather than read: tasks of the literature with known answers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>

#include <unroll/config/schema.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>
#include <unroll/model/dataset.hpp>

namespace unroll {

/// Base of the options of synthetic datasets.
struct SyntheticOptions {
  std::int64_t train = 10000;
  std::int64_t validation = 1000;
  std::int64_t test = 0;
  std::uint64_t data_seed = 1;

  /// Adds them to the schema of options derived from these.
  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("train", &O::train, "training examples").range(1, 10'000'000);
    schema.option("validation", &O::validation, "validation examples").range(0, 10'000'000);
    schema.option("test", &O::test, "test examples").range(0, 10'000'000);
    schema.option("data_seed", &O::data_seed, "of the examples");
  }
};

/// Makes the splits, each from a random stream of its own. No text stands in two splits; where
/// there are too few different ones for that, throws Error(usage).
/// `make(random, split)` gives an example; `split` is "train", "validation" or "test".
using MakeExample = std::function<Example(RandomStream& random, const std::string& split)>;

inline Splits make_splits(const SyntheticOptions& options, const Fields& fields,
                          const MakeExample& make) {
  Splits splits;
  splits.fields = fields;
  splits.split_name = "made from seed " + std::to_string(options.data_seed);
  std::unordered_set<std::string> taken;
  const auto fill = [&](std::vector<Example>& split, const std::string& name, std::int64_t count) {
    RandomStream random(options.data_seed, "data/" + name);
    std::unordered_set<std::string> own;
    constexpr int kTries = 1000;
    for (std::int64_t i = 0; i < count; ++i)
      for (int tries = 0;; ++tries) {
        if (tries == kTries)
          fail(Failure::usage,
               "data: there are too few different examples for {} splits that share none; make "
               "them longer, or fewer",
               name);
        Example example = make(random, name);
        if (!example.text.empty() && taken.contains(example.text)) continue;
        if (!example.text.empty()) own.insert(example.text);
        example.origin = name + " example " + std::to_string(i + 1);
        split.push_back(std::move(example));
        break;
      }
    taken.merge(own);
  };
  // The held-out ones first, so that training on more changes none of them.
  fill(splits.test, "test", options.test);
  fill(splits.validation, "validation", options.validation);
  fill(splits.train, "train", options.train);
  return splits;
}

}  // namespace unroll
