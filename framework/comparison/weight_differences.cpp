#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>

#include <unroll/comparison/difference.hpp>

namespace unroll::comparison {
namespace {

std::optional<std::vector<double>> numbers(const Array& array) {
  return std::visit(
      [](const auto& values) -> std::optional<std::vector<double>> {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_arithmetic_v<Element>)
          return std::vector<double>(values.begin(), values.end());
        else
          return std::nullopt;
      },
      array.values);
}

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

}  // namespace

std::vector<WeightDifference> weight_differences(const Archive& a, const Archive& b) {
  std::set<std::string> names;
  for (const Archive* archive : {&a, &b})
    for (const auto& [name, array] : archive->entries())
      if (numbers(array)) names.insert(name);
  std::vector<WeightDifference> found;
  for (const std::string& name : names) {
    WeightDifference one;
    one.name = name;
    if (!a.has(name) || !b.has(name)) {
      one.remark = a.has(name) ? "only in the first" : "only in the second";
    } else if (a.array(name).shape != b.array(name).shape) {
      one.remark = fmt::format("{} and {}", shape_text(a.array(name).shape),
                               shape_text(b.array(name).shape));
    }
    const auto x = a.has(name) ? numbers(a.array(name)) : std::nullopt;
    const auto y = b.has(name) ? numbers(b.array(name)) : std::nullopt;
    if (x) one.norm_a = norm(*x);
    if (y) one.norm_b = norm(*y);
    if (one.remark.empty() && x && y) {
      double product = 0, apart = 0;
      for (std::size_t i = 0; i < x->size(); ++i) {
        product += (*x)[i] * (*y)[i];
        apart += ((*x)[i] - (*y)[i]) * ((*x)[i] - (*y)[i]);
      }
      one.norm_of_difference = std::sqrt(apart);
      const double none = std::numeric_limits<double>::quiet_NaN();
      one.relative = one.norm_a > 0 ? one.norm_of_difference / one.norm_a : apart == 0 ? 0 : none;
      const double both = one.norm_a * one.norm_b;
      one.cosine = both > 0 ? product / both : none;
    }
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace unroll::comparison
