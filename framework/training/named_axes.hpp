// Named axes: which token, class or number a row of a weight stands for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/model/domain.hpp>

namespace unroll {

/// A weight as its run file describes it.
struct DescribedWeight {
  std::string_view name;  ///< "decoder/embedding/E"
  std::string_view axes;  ///< "target vocabulary, embedding"
  const std::vector<std::int64_t>& shape;
  const Domain& domain;
  /// Has its model a parameter of this name?
  std::function<bool(const std::string&)> has;
};

/// What the rows of an axis stand for. A class may be spelt like a token and is none.
struct AxisNames {
  enum class Kind { token, label, value } kind;
  std::vector<std::string> names;
  friend bool operator==(const AxisNames&, const AxisNames&) = default;
};

/// Of the axes of one weight, in their order.
using NamedAxes = std::vector<std::optional<AxisNames>>;

/// For each axis the names of what it counts, where they are known: tokens, classes, values, or
/// tokens again where the input of a first layer is one-hot.
NamedAxes names_of_axes(const DescribedWeight& weight);

}  // namespace unroll
