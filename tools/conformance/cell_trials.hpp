// How the checks of cells are made: every variant at some sizes, and smaller ones where it breaks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lone_cell.hpp"

namespace unroll::conformance::cells {

inline constexpr double kClose = 1e-5;  ///< of float, relative to the largest value

/// A contract that is broken, and what shows it.
struct Contract {
  std::string expected, seen;
};
using Broken = std::optional<Contract>;

/// Broken where something was seen.
inline Broken broken(const std::string& expected, const std::optional<std::string>& seen) {
  if (!seen) return {};
  return Contract{expected, *seen};
}

/// A cell of these options and sizes; nothing where it declines them.
std::unique_ptr<LoneCell> cell_of(const Examination& examination, const Variant& variant,
                                  const CellShape& shape, DType type, std::uint64_t seed);

/// Tries every variant at these sizes; what breaks is shown at the smallest that break it too, none
/// below `least`.
using Try = std::function<Broken(const Variant&, const CellShape&)>;
void try_shapes(Examination& examination, const std::vector<CellShape>& shapes, const Try& fails,
                const CellShape& least = {1, 1, 1, 1});

std::optional<std::string> first_difference(const Passed& a, const std::string& of_a,
                                            const Passed& b, const std::string& of_b,
                                            double tolerance);

// Checks of cell_practice.cpp.
void learns(Examination& examination);
void save_load(Examination& examination);
void memory(Examination& examination);
void precision(Examination& examination);
void gates(Examination& examination);
void options(Examination& examination);

}  // namespace unroll::conformance::cells
