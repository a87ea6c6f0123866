// Variants: the ways in which a plugin can be asked for, from its own description of its options.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <unroll/model/origin.hpp>

#include "check.hpp"

namespace unroll::conformance {

/// One way: options beside those that are fixed.
struct Variant {
  Node options = Node::map({});
  /// "{peepholes: true}"; empty for the defaults.
  std::string text() const;
};

/// The defaults; then each boolean the other way, each other choice, and each whole number once at
/// another value, one at a time.
std::vector<Variant> variants_of(const Examination& examination);

/// Makes a component. Nothing where the plugin declines these options or sizes with a reason, an
/// Error of kind usage, as is its right; all else is thrown on.
template <typename Function>
auto accepted(const Function& make) -> std::optional<decltype(make())> {
  try {
    return make();
  } catch (const Error& error) {
    if (error.kind() != Failure::usage) throw;
    return {};
  }
}

/// The limits of every option: at each end a component is used, which may decline with Error(usage)
/// but do no other harm; beyond them, and for values of another type, options must be refused.
/// Whole numbers are tried up to `most`: sizes of thousands only take time.
void check_options(Examination& examination, const std::function<void(const Variant&)>& use,
                   std::int64_t most = 64);

/// Options that make a component small: whole numbers whose default is above 8 become `size`, and
/// so do those of a list.
Node smaller(const Examination& examination, std::int64_t size);

/// The options of both; where both have one, that of `above`.
Node merged(const Node& below, const Node& above);

/// " with {peepholes: true}", or nothing.
std::string with(const Variant& variant);

}  // namespace unroll::conformance
