// Judgement: what a run ended with, held against what its experiment expects.
#pragma once

#include <optional>
#include <vector>

#include <unroll/model/architecture.hpp>
#include <unroll/training/expectation.hpp>

namespace unroll {

struct Summary;

struct Judgement {
  Expectation expectation;
  std::optional<double> reached;  ///< nothing where the run has no such figure
  bool met = false;
};

/// Holds what a run ended with against what was expected of it.
std::vector<Judgement> judge(const std::vector<Expectation>& expectations, const Summary& summary,
                             Task::Goal goal);

/// Throws Error(usage) where a task has no such figure, with the names that it has.
void check_figures(const std::vector<Expectation>& expectations, Task::Goal goal);

}  // namespace unroll
