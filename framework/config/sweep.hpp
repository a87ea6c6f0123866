// `sweep:` and `seeds:` expand one experiment file into many experiments, the points.
//
//   seeds: 3                                    # this one, the next and the next; or a list
//   sweep:
//     grid:                                     # every combination; a list of maps: one after
//     another
//       model.many_to_many.cell: [lstm, gru]
//       model.many_to_many.hidden: [64, 128]
//     random:                                   # `count` draws, the same for the same seed
//       count: 20
//       seed: 1
//       draw:
//         training.optimizer.adam.learning_rate: {log_uniform: [1.0e-4, 1.0e-2]}
//         model.many_to_many.dropout: uniform   # within the range that the option declares
//     points:                                   # a list, written out
//       - {training.batch: 32, training.window: 200}
//
// What is given of grid, random, points and seeds multiplies. Paths are those of `--set`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <unroll/config/node.hpp>
#include <unroll/config/problems.hpp>
#include <unroll/config/schema.hpp>

namespace unroll {

inline constexpr std::size_t kMostSweepPoints = 10'000;

/// One setting of a point. `mark` is where its path stands in the file; the value has its own.
struct SweepSetting {
  std::string path;
  Node value;
  Mark mark;
};

struct SweepPoint {
  /// What differs, fit for a file: "cell=lstm,hidden=64,seed=1" (config/sweep_names.hpp).
  std::string name;
  std::vector<SweepSetting> settings;
};

struct Sweep {
  /// Seed by seed; within a seed the grid's last key changes fastest.
  std::vector<SweepPoint> points;
  /// `sweep: {prune: …}` as written; null where there is none.
  Node prune;
};

/// The option that a dotted path names, if it is known: random draws may leave their range to it.
using OptionFinder = std::function<std::optional<OptionDescription>(const std::string& path)>;

/// Does an experiment ask for a sweep? `sweep` and `seeds` that are null do not.
bool has_sweep(const Node& root);
/// The experiment that all points begin with.
Node without_sweep(const Node& root);

/// The points of an experiment. What is wrong with the sweep itself goes to `problems`; the points
/// are then what could be understood, to look for more mistakes in. Whether they are good
/// experiments shows where `experiment_of` is read.
Sweep expand_sweep(const Node& root, const OptionFinder& find, Problems& problems);

/// The experiment of one point: `base` (without sweep) with its settings.
Node experiment_of(const Node& base, const SweepPoint& point, Problems& problems);

}  // namespace unroll
