#include <unroll/training/coverage.hpp>

#include <fmt/format.h>

#include <unordered_set>

#include <unroll/core/text.hpp>
#include <unroll/model/text_pieces.hpp>
#include <unroll/model/token_counts.hpp>

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

/// Different tokens of long texts.
std::int64_t types_of(const std::vector<std::string_view>& texts, const Tokenizer& tokenizer) {
  const auto read = [&](TokenCounts& types, std::string_view piece) {
    for (const std::string& token : tokenizer.cut(piece)) types.add(token);
  };
  TokenCounts types;
  if (const auto* cutter = dynamic_cast<const PiecewiseTokenizer*>(&tokenizer))
    types = sum_of(read_pieces(texts, *cutter, TokenCounts(), read));
  else
    for (const std::string_view text : texts) read(types, text);
  return std::ssize(types.entries());
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
  if (!train.streams.empty()) {
    coverage.types = types_of(train.streams, part.tokenizer);
    return coverage;
  }
  std::unordered_set<std::string> types;
  for (const Example& example : train.examples)
    for (std::string& token : part.tokenizer.cut(example.*part.text))
      types.insert(std::move(token));
  coverage.types = static_cast<std::int64_t>(types.size());
  return coverage;
}

}  // namespace unroll
