#include <unroll/model/unknown_labels.hpp>

#include <fmt/format.h>

#include <set>

#include <unroll/core/text.hpp>

namespace unroll {

void refuse_unknown_labels(Splits& splits, BadExamples& bad) {
  std::set<std::string> trained;
  for (const Example& example : splits.train) trained.insert(example.label);
  const std::vector<std::string> known(trained.begin(), trained.end());
  const auto unknown = [&](const Example& example) {
    if (example.label.empty() || trained.contains(example.label)) return false;
    bad.report(fmt::format("{}: the label '{}' does not occur in the training split{}",
                           example.origin.empty() ? "the data" : example.origin, example.label,
                           did_you_mean(example.label, known)));
    return true;
  };
  std::erase_if(splits.validation, unknown);
  std::erase_if(splits.test, unknown);
}

}  // namespace unroll
