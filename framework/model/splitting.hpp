// How whole examples are divided into training, validation and test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <unroll/config/schema.hpp>
#include <unroll/model/dataset.hpp>

namespace unroll {

/// Base of the options of datasets of whole examples.
struct SplitOptions {
  double validation = 0.1;
  double test = 0.0;
  std::string split = "shuffled";
  std::uint64_t split_seed = 1;
  std::int64_t limit = 0;

  SplitOptions();

  /// Adds them to the schema of options derived from these.
  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("validation", &O::validation, "share of the examples kept for validation")
        .range(0, 0.9);
    schema.option("test", &O::test, "share of the examples kept for the test at the end")
        .range(0, 0.9);
    schema
        .option(
            "split", &O::split,
            "shuffled: at random by split_seed; in_order: the last ones; hash: by what an "
            "example holds, so that new examples move no other; group: all of a group together; "
            "column: the group column says train, validation or test, others are left out")
        .choices({"shuffled", "in_order", "hash", "group", "column"});
    schema.option("split_seed", &O::split_seed, "of the shuffled and the group split");
    schema.option("limit", &O::limit, "take only so many examples, before they are split; 0: all")
        .at_least(0);
  }
};

/// An example and the group it belongs to, if the dataset knows any.
struct Grouped {
  Example example;
  std::string group{};
};

/// Splits that come from files of their own, where there are such files.
struct SplitFiles {
  std::optional<std::vector<Grouped>> validation{}, test{};
};

/// Divides the examples, and notes in `notices` what a reader of the figures should know: examples
/// that stand in two splits, and classes out of balance. Of a split that comes from files no share
/// is kept. Throws Error(data) if a split would be empty, Error(usage) if options do not go
/// together.
Splits divide(std::vector<Grouped> examples, const Fields& fields, SplitOptions options,
              SplitFiles files = {});

/// The examples without their groups.
std::vector<Example> ungrouped(std::vector<Grouped> examples);

}  // namespace unroll
