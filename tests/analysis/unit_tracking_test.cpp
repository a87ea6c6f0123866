// Units that follow a feature are found among hundreds that do not, and none where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include <unroll/analysis/unit_tracking.hpp>
#include <unroll/core/random.hpp>

namespace unroll {
namespace {

using testing::IsEmpty;

constexpr std::int64_t kRows = 1200, kUnits = 60, kLanes = 3;
const std::string kLayer = "recurrence/layer0/forward";

/// Two features: one of long stretches, one of every fifth row or so.
FeatureTable features_of(const std::string& half) {
  FeatureTable table{{"stretches", "points"}, {}};
  RandomStream random(3, half);
  bool inside = false;
  for (std::int64_t r = 0; r < kRows; ++r) {
    if (random.below(40) == 0) inside = !inside;
    table.values.push_back(inside ? 1.0F : 0.0F);
    table.values.push_back(random.below(5) == 0 ? 1.0F : 0.0F);
  }
  return table;
}

/// value(row, unit, noise): of h; c is a slow walk of its own.
using Value = std::function<double(std::int64_t row, std::int64_t unit, double noise)>;

/// The half as three sequences of 400 rows, in two pieces, and a layer that reads something else.
ReadHalf half_of(const std::string& name, const Value& value) {
  return [=](const std::function<void(const ReadPiece&)>& tell) {
    RandomStream random(4, name);
    std::vector<double> walk(static_cast<std::size_t>(kUnits * kLanes));
    const std::int64_t each = kRows / kLanes;
    for (const auto& [begin, end] : {std::pair(std::int64_t{0}, each / 4), {each / 4, each}}) {
      ReadPiece piece;
      piece.sequences = kLanes;
      LayerActivity& layer = piece.activity[kLayer];
      layer.parts = {"h", "c"};
      for (std::int64_t t = begin; t < end; ++t) {
        Tensor h = Tensor::empty({kLanes, kUnits}), c = Tensor::empty({kLanes, kUnits});
        for (std::int64_t n = 0; n < kLanes; ++n) {
          piece.rows.push_back(n * each + t);
          for (std::int64_t u = 0; u < kUnits; ++u) {
            const double noise = random.uniform(-1, 1);
            h.data<float>()[n * kUnits + u] = static_cast<float>(value(n * each + t, u, noise));
            double& slow = walk[static_cast<std::size_t>(n * kUnits + u)];
            slow = 0.99 * slow + random.uniform(-1, 1);
            c.data<float>()[n * kUnits + u] = static_cast<float>(slow);
          }
        }
        layer.states.push_back({h, c});
      }
      piece.activity["encoder"].parts = {"h"};
      piece.activity["encoder"].states = {{Tensor::zeros({kLanes, 2})}};
      tell(piece);
    }
  };
}

double noise_alone(std::int64_t, std::int64_t, double noise) {
  return noise;
}

TEST(UnitTracking, FindsTheUnitsThatFollowAFeature) {
  const FeatureTable first = features_of("a"), second = features_of("b");
  const auto follow = [](const FeatureTable& table) {
    return [&table](std::int64_t row, std::int64_t unit, double noise) {
      const auto at = [&](int k) { return table.values[static_cast<std::size_t>(row * 2 + k)]; };
      if (unit == 7) return 5 * at(0) + 0.1 * noise;
      if (unit == 8) return -at(0) + 0.5 * noise;
      if (unit == 9) return at(0) + noise;  // the third best
      if (unit == 41) return at(1) + 0.3 * noise;
      return noise;
    };
  };
  const auto found =
      find_tracking_units(first, half_of("a", follow(first)), second, half_of("b", follow(second)));
  ASSERT_EQ(found.size(), 3U) << "at most two of a feature";
  EXPECT_EQ(found[0].unit, 7);
  EXPECT_EQ(found[0].tracks, "stretches");
  EXPECT_EQ(found[0].layer, kLayer);
  EXPECT_EQ(found[0].part, "h");
  EXPECT_GT(found[0].score, 0.99);
  for (const TrackingUnit& unit : found) {
    if (unit.tracks == "points") {
      EXPECT_EQ(unit.unit, 41);
    } else if (unit.unit != 7) {
      EXPECT_EQ(unit.unit, 8);
    }
    if (unit.unit == 8) {
      EXPECT_LT(unit.score, -0.6);
    }
  }
}

TEST(UnitTracking, FindsNothingWhereThereIsNothing) {
  // The slow walks of c correlate with the long stretches, by chance alone.
  TrackingOptions options;
  options.least = 0.1;
  const FeatureTable first = features_of("a"), second = features_of("b");
  double best = 0;
  half_of("a", noise_alone)([&](const ReadPiece& piece) {
    std::vector<float> walk, feature;
    for (std::size_t t = 0; t < piece.activity.at(kLayer).states.size(); ++t) {
      walk.push_back(piece.activity.at(kLayer).states[t][1].data<float>()[11]);
      feature.push_back(first.values[static_cast<std::size_t>(piece.rows[t * kLanes]) * 2]);
    }
    best = std::max(best, std::abs(correlation(walk, feature)));
  });
  EXPECT_GT(best, 0.1) << "some unit does correlate on some piece";
  EXPECT_THAT(
      find_tracking_units(first, half_of("a", noise_alone), second, half_of("b", noise_alone), {}),
      IsEmpty());
}

TEST(UnitTracking, ChosenOnOneHalfAloneIsNotEnough) {
  const FeatureTable first = features_of("a"), second = features_of("b");
  const auto follow = [&](std::int64_t row, std::int64_t unit, double noise) {
    return unit == 3 ? first.values[static_cast<std::size_t>(row * 2)] + 0.1 * noise : noise;
  };
  EXPECT_THAT(find_tracking_units(first, half_of("a", follow), second, half_of("b", noise_alone)),
              IsEmpty());
}

TEST(UnitTracking, RareFeaturesAreLeftOut) {
  FeatureTable first{{"once"}, std::vector<float>(kRows)}, second = first;
  for (const std::int64_t row : {5, 600, 1100}) first.values[row] = second.values[row] = 1;
  const auto follow = [&](std::int64_t row, std::int64_t unit, double) {
    return unit == 3 ? first.values[static_cast<std::size_t>(row)] : 0.0;
  };
  EXPECT_THAT(find_tracking_units(first, half_of("a", follow), second, half_of("b", follow)),
              IsEmpty());
}

TEST(Correlation, ByHand) {
  EXPECT_NEAR(correlation(std::vector<float>{1, 2, 3, 4}, std::vector<float>{2, 1, 4, 3}), 0.6,
              1e-12);
  EXPECT_EQ(correlation(std::vector<float>{1, 1}, std::vector<float>{1, 2}), 0);
}

}  // namespace
}  // namespace unroll
