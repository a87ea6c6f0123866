// Unit tracking: finds units of a recurrence that follow a feature of the text, as those of
// Karpathy et al. 2015 (arXiv 1506.02078) that follow quotations or the length of a line, by
// correlation rather than by eye.
//
// With thousands of units and a dozen features some correlate by chance. So a unit is chosen on one
// half of the text and scored on the other; and there it must beat the same feature shifted along
// the text, which keeps how slowly both change but not what they have to do with each other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <unroll/analysis/state_reader.hpp>

namespace unroll {

struct TrackingUnit {
  std::string layer;      ///< path, "recurrence/layer0/forward"
  std::string part;       ///< "h", "c"
  std::int64_t unit = 0;  ///< its place in the part
  std::string tracks;     ///< the feature's name
  double score = 0;       ///< Pearson's correlation on the half on which it was not chosen
};

/// What is known of tokens: row by row the values of features.
struct FeatureTable {
  std::vector<std::string> names;
  std::vector<float> values;  ///< [rows, names]
  std::int64_t rows() const { return names.empty() ? 0 : std::ssize(values) / std::ssize(names); }
};

/// A piece of a half: what went on while T steps of N sequences were read, and which row of the
/// half's table each token has that was read: [step * N + sequence], -1 for none.
struct ReadPiece {
  Activity activity;
  std::int64_t sequences = 0;
  std::vector<std::int64_t> rows;
};
/// Calls back with each piece of a half, in any order.
using ReadHalf = std::function<void(const std::function<void(const ReadPiece&)>&)>;

struct TrackingOptions {
  double least = 0.3;             ///< absolute score
  std::int64_t each = 2;          ///< units a feature at most
  std::int64_t candidates = 6;    ///< of a feature, chosen on the first half
  std::int64_t occurrences = 20;  ///< a feature must differ from its commonest value so often
  int shifts = 19;                ///< each must do worse: 1 in 20 by chance
};

/// The units that follow features, the best first. Layers that do not make one step for each of a
/// piece's steps (the encoder, where it is the decoder that is watched) are left out.
std::vector<TrackingUnit> find_tracking_units(const FeatureTable& choosing,
                                              const ReadHalf& read_choosing,
                                              const FeatureTable& scoring,
                                              const ReadHalf& read_scoring,
                                              const TrackingOptions& options = {});

/// Pearson's correlation; 0 where one of the two is constant.
double correlation(std::span<const float> a, std::span<const float> b);

}  // namespace unroll
