#include <unroll/analysis/unit_tracking.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <tuple>

namespace unroll {
namespace {

using std::size_t;

/// A part of a layer's state.
using Place = std::pair<std::string, std::string>;  // layer, part

/// Calls back with every state [W] that belongs to a row.
template <typename Function>
void for_each_state(const ReadPiece& piece, Function function) {
  const std::int64_t steps = std::ssize(piece.rows) / std::max<std::int64_t>(piece.sequences, 1);
  for (const auto& [path, layer] : piece.activity) {
    if (std::ssize(layer.states) != steps) continue;
    for (size_t part = 0; part < layer.parts.size(); ++part) {
      const Place place{path, layer.parts[part]};
      for (size_t t = 0; t < layer.states.size(); ++t) {
        const Tensor& states = layer.states[t][part];
        const auto width = static_cast<size_t>(states.dim(1));
        const std::span<const float> values = states.span<float>();
        for (size_t n = 0; n < static_cast<size_t>(states.dim(0)); ++n) {
          const std::int64_t row = piece.rows[t * static_cast<size_t>(piece.sequences) + n];
          if (row >= 0) function(place, static_cast<size_t>(row), values.subspan(n * width, width));
        }
      }
    }
  }
}

/// Sums for the correlation of every unit of a place with every feature.
struct Sums {
  double count = 0;
  std::vector<double> f, ff;  // [features]
  std::vector<double> x, xx;  // [W]
  std::vector<double> fx;     // [features, W]

  void add(std::span<const float> units, std::span<const float> features) {
    const size_t width = units.size();
    if (x.empty()) {
      f.resize(features.size());
      ff.resize(features.size());
      x.resize(width);
      xx.resize(width);
      fx.resize(features.size() * width);
    }
    count += 1;
    for (size_t u = 0; u < width; ++u) {
      const double value = units[u];
      x[u] += value;
      xx[u] += value * value;
    }
    for (size_t k = 0; k < features.size(); ++k) {
      const double value = features[k];
      if (value == 0) continue;  // most features of most tokens
      f[k] += value;
      ff[k] += value * value;
      double* row = fx.data() + k * width;
      for (size_t u = 0; u < width; ++u) row[u] += value * units[u];
    }
  }

  double correlation(size_t k, size_t u) const {
    const double covariance = fx[k * x.size() + u] - f[k] * x[u] / count;
    const double variances = (ff[k] - f[k] * f[k] / count) * (xx[u] - x[u] * x[u] / count);
    return variances > 1e-12 * count * count ? covariance / std::sqrt(variances) : 0;
  }
};

/// A unit that may follow a feature.
struct Candidate {
  Place place;
  size_t unit = 0, feature = 0;
  double chosen = 0, score = 0;
  std::vector<float> values;  ///< by row of the scoring half
};

/// How often a feature differs from its commonest value.
std::int64_t occurrences(const FeatureTable& table, size_t feature) {
  std::map<float, std::int64_t> counts;
  for (size_t i = feature; i < table.values.size(); i += table.names.size())
    ++counts[table.values[i]];
  std::int64_t commonest = 0;
  for (const auto& [value, count] : counts) commonest = std::max(commonest, count);
  return table.rows() - commonest;
}

std::vector<Candidate> choose(const std::map<Place, Sums>& sums, size_t feature,
                              const TrackingOptions& options) {
  std::vector<Candidate> all;
  for (const auto& [place, found] : sums)
    for (size_t u = 0; u < found.x.size(); ++u)
      if (const double r = found.correlation(feature, u); std::abs(r) >= options.least)
        all.push_back({place, u, feature, r, 0, {}});
  std::ranges::stable_sort(all, std::greater<>(),
                           [](const Candidate& one) { return std::abs(one.chosen); });
  if (std::ssize(all) > options.candidates) all.resize(static_cast<size_t>(options.candidates));
  return all;
}

/// The score, or 0 where a shifted feature does as well.
double score(const Candidate& candidate, std::span<const float> feature,
             const TrackingOptions& options) {
  const double found = correlation(candidate.values, feature);
  if (found * candidate.chosen <= 0) return 0;
  const size_t n = feature.size();
  std::vector<float> shifted(n);
  for (int i = 1; i <= options.shifts; ++i) {
    const size_t by = n * static_cast<size_t>(i) / static_cast<size_t>(options.shifts + 1);
    std::rotate_copy(feature.begin(), feature.begin() + static_cast<std::ptrdiff_t>(by),
                     feature.end(), shifted.begin());
    if (std::abs(correlation(candidate.values, shifted)) >= std::abs(found)) return 0;
  }
  return found;
}

}  // namespace

double correlation(std::span<const float> a, std::span<const float> b) {
  const auto count = static_cast<double>(a.size());
  double mean_a = 0, mean_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    mean_a += a[i];
    mean_b += b[i];
  }
  mean_a /= count;
  mean_b /= count;
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

std::vector<TrackingUnit> find_tracking_units(const FeatureTable& choosing,
                                              const ReadHalf& read_choosing,
                                              const FeatureTable& scoring,
                                              const ReadHalf& read_scoring,
                                              const TrackingOptions& options) {
  const size_t features = choosing.names.size();
  std::map<Place, Sums> sums;
  read_choosing([&](const ReadPiece& piece) {
    for_each_state(piece, [&](const Place& place, size_t row, std::span<const float> units) {
      sums[place].add(units, std::span(choosing.values).subspan(row * features, features));
    });
  });

  std::vector<Candidate> candidates;
  for (size_t k = 0; k < features; ++k)
    if (occurrences(choosing, k) >= options.occurrences &&
        occurrences(scoring, k) >= options.occurrences)
      std::ranges::move(choose(sums, k, options), std::back_inserter(candidates));
  if (candidates.empty()) return {};
  for (Candidate& one : candidates) one.values.resize(static_cast<size_t>(scoring.rows()));
  read_scoring([&](const ReadPiece& piece) {
    for_each_state(piece, [&](const Place& place, size_t row, std::span<const float> units) {
      for (Candidate& one : candidates)
        if (one.place == place) one.values[row] = units[one.unit];
    });
  });

  std::vector<float> feature(static_cast<size_t>(scoring.rows()));
  for (Candidate& one : candidates) {
    for (size_t r = 0; r < feature.size(); ++r)
      feature[r] = scoring.values[r * features + one.feature];
    one.score = score(one, feature, options);
  }
  std::ranges::stable_sort(candidates, std::greater<>(),
                           [](const Candidate& one) { return std::abs(one.score); });
  std::vector<TrackingUnit> found;
  for (const Candidate& one : candidates) {
    if (std::abs(one.score) < options.least) continue;
    const std::string& name = scoring.names[one.feature];
    // Of the parts of one unit, h and c, the better one.
    const auto is_known = [&](const TrackingUnit& other) {
      return other.tracks == name && other.layer == one.place.first &&
             other.unit == static_cast<std::int64_t>(one.unit);
    };
    if (std::ranges::any_of(found, is_known) ||
        std::ranges::count(found, name, &TrackingUnit::tracks) >= options.each)
      continue;
    found.push_back(
        {one.place.first, one.place.second, static_cast<std::int64_t>(one.unit), name, one.score});
  }
  return found;
}

}  // namespace unroll
