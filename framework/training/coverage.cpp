#include <unroll/training/coverage.hpp>

#include <fmt/format.h>

#include <unordered_set>

#include <unroll/core/text.hpp>

namespace unroll {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::int64_t special_tokens(const Vocabulary& vocabulary) {
  const Vocabulary::Special& special = vocabulary.special();
  return static_cast<std::int64_t>(special.unknown.has_value()) +
         static_cast<std::int64_t>(special.begin.has_value()) +
         static_cast<std::int64_t>(special.end.has_value());
}

}  // namespace

double Coverage::share() const noexcept {
  return 1 - ratio(train_unknown, train_tokens);
}
double Coverage::unknown_rate() const noexcept {
  return ratio(validation_unknown, validation_tokens);
}

std::string Coverage::text() const {
  if (complete()) return grouped(size) + " different tokens";
  return fmt::format(
      "{} of {} different tokens ({:.1f} % of the text; {:.1f} % of validation unknown)",
      grouped(size), grouped(types), 100 * share(), 100 * unknown_rate());
}

Archive Coverage::save() const {
  Archive archive;
  archive.put("size", size);
  archive.put("types", types);
  archive.put("coverage", share());
  archive.put("unknown_validation", unknown_rate());
  return archive;
}

Coverage coverage_of(const CoveredText& part, const Encoded& train, const Encoded& validation) {
  Coverage coverage;
  coverage.size = coverage.types = part.vocabulary.size() - special_tokens(part.vocabulary);
  coverage.train_tokens = (train.*part.ids).tokens();
  coverage.train_unknown = (train.*part.ids).unknown;
  coverage.validation_tokens = (validation.*part.ids).tokens();
  coverage.validation_unknown = (validation.*part.ids).unknown;
  if (coverage.train_unknown == 0) return coverage;  // what was learnt is what occurs
  std::unordered_set<std::string> types;
  for (const Example& example : train.examples)
    for (std::string& token : part.tokenizer.cut(example.*part.text))
      types.insert(std::move(token));
  coverage.types = static_cast<std::int64_t>(types.size());
  return coverage;
}

}  // namespace unroll
