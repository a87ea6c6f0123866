// The command lines that a sweep starts or suggests.
#pragma once

#include <string>
#include <vector>

#include "sweep_plan.hpp"
#include "sweep_point.hpp"

namespace unroll::cli {

/// Words as a shell takes them: quoted where they have to be.
std::string shell_text(const std::vector<std::string>& words);

/// This program, running the point that `--point NAME --digest DIGEST` behind it names.
std::vector<std::string> points_command(const SweepPlan& plan, const SweepArguments& arguments,
                                        const PointPolicy& policy);

/// The same with the point.
std::vector<std::string> point_command(const SweepPlan& plan, const SweepArguments& arguments,
                                       const PointPolicy& policy, const PlannedPoint& point);

/// The command that goes on with the sweep, as it was called.
std::string sweep_command_text(const SweepArguments& arguments);

}  // namespace unroll::cli
