#include <unroll/training/named_axes.hpp>

namespace unroll {
namespace {

using Names = std::optional<AxisNames>;
using Kind = AxisNames::Kind;

std::vector<std::string_view> split_axes(std::string_view axes) {
  std::vector<std::string_view> parts;
  while (!axes.empty()) {
    const std::size_t comma = std::min(axes.find(", "), axes.size());
    parts.push_back(axes.substr(0, comma));
    axes.remove_prefix(std::min(comma + 2, axes.size()));
  }
  return parts;
}

/// The tokens of the vocabulary that has this size; `target` is asked first if it is likelier.
/// Files of before the two had names of their own say "vocabulary" of both.
Names tokens(const Domain& domain, std::int64_t size, bool target) {
  for (const bool of_target : {target, !target}) {
    const bool there = of_target ? domain.fields.target : domain.fields.text;
    const Vocabulary& vocabulary = of_target ? domain.target : domain.text;
    if (there && vocabulary.size() == size) return AxisNames{Kind::token, vocabulary.tokens()};
  }
  return std::nullopt;
}

/// Does a first layer read tokens as they are, without an embedding beside it?
bool reads_tokens(const DescribedWeight& weight) {
  constexpr std::string_view kFirst = "recurrence/layer0";
  const std::size_t at = weight.name.find(kFirst);
  return at != std::string_view::npos &&
         !weight.has(std::string(weight.name.substr(0, at)) + "embedding/E");
}

Names names_of(const DescribedWeight& weight, std::string_view axis, std::int64_t size) {
  const Domain& domain = weight.domain;
  const auto of_size = [&](Kind kind, const std::vector<std::string>& names) {
    return static_cast<std::int64_t>(names.size()) == size ? Names({kind, names}) : std::nullopt;
  };
  if (axis == "vocabulary") return tokens(domain, size, false);
  if (axis == "target vocabulary") return tokens(domain, size, true);
  if (axis == "class") return of_size(Kind::label, domain.classes);
  if (axis == "value") return of_size(Kind::value, domain.fields.values);
  if (axis == "input" && reads_tokens(weight))
    return tokens(domain, size, weight.name.starts_with("decoder/"));
  return std::nullopt;
}

}  // namespace

std::vector<Names> names_of_axes(const DescribedWeight& weight) {
  std::vector<Names> names(weight.shape.size());
  const std::vector<std::string_view> axes = split_axes(weight.axes);
  if (axes.size() == names.size())
    for (std::size_t i = 0; i < names.size(); ++i)
      names[i] = names_of(weight, axes[i], weight.shape[i]);
  return names;
}

}  // namespace unroll
