#include <unroll/training/expectation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <vector>

#include <unroll/config/scalar.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

const std::vector<std::string> kSplits{"train", "validation", "test"};
constexpr std::array<std::string_view, 4> kRelations{"<=", ">=", "<", ">"};  // longest first

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

Expectation Expectation::parse(std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    throw std::invalid_argument(
        fmt::format("'{}': {}; write e.g. validation/accuracy >= 0.99", text, why));
  };
  std::size_t at = std::string_view::npos;
  std::string_view relation;
  for (const std::string_view one : kRelations) {
    at = text.find(one);
    relation = one;
    if (at != std::string_view::npos) break;
  }
  if (at == std::string_view::npos) wrong("no <, <=, > or >=");
  const std::string_view name = trimmed(text.substr(0, at));
  const std::string_view number = trimmed(text.substr(at + relation.size()));
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) wrong("the figure is named split/figure");
  Expectation read{std::string(name.substr(0, slash)), std::string(name.substr(slash + 1)),
                   std::string(relation), 0};
  if (std::find(kSplits.begin(), kSplits.end(), read.split) == kSplits.end())
    wrong(fmt::format("there is no split '{}'{}", read.split, did_you_mean(read.split, kSplits)));
  const Parsed<double> bound = parse_number(number);
  if (!bound.value) wrong(fmt::format("'{}' is no number", number));
  read.bound = *bound.value;
  return read;
}

std::string Expectation::text() const {
  return fmt::format("{}/{} {} {}", split, figure, relation, number_text(bound));
}

bool Expectation::met_by(double reached) const {
  if (relation == "<") return reached < bound;
  if (relation == "<=") return reached <= bound;
  if (relation == ">") return reached > bound;
  return reached >= bound;
}

}  // namespace unroll
