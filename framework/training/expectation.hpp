// Expectation: a figure that an experiment says it should reach.
#pragma once

#include <string>
#include <string_view>

namespace unroll {

/// A figure of a split, under the names that run files use, and its bound.
struct Expectation {
  std::string split;     ///< train, validation or test
  std::string figure;    ///< loss, accuracy, bleu, …
  std::string relation;  ///< one of < <= > >=
  double bound = 0;

  /// Reads `validation/accuracy >= 0.99`; throws std::invalid_argument that says what is wrong.
  static Expectation parse(std::string_view text);
  std::string text() const;
  bool met_by(double reached) const;
};

}  // namespace unroll
