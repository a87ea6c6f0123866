// Statistics against SciPy's values (fixtures/scipy_statistics.py), and what no table can say.
#include <cmath>

#include <gmock/gmock.h>

#include <unroll/comparison/statistics.hpp>
#include <unroll/results/hdf5.hpp>

#include "paths.hpp"

namespace unroll::comparison {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

const Archive& fixture() {
  static const Archive archive = read_hdf5(test::fixture("statistics.h5"));
  return archive;
}

class AgainstSciPy : public testing::TestWithParam<const char*> {
 protected:
  bool has(const std::string& name) const { return fixture().has(path(name)); }
  std::vector<double> get(const std::string& name) const {
    return as_doubles(fixture().array(path(name)));
  }
  void expect_test(const TTest& test, const std::string& name) const {
    const std::vector<double> wanted = get(name);
    const std::vector<double> found = {test.t, test.degrees, test.p, test.interval.low,
                                       test.interval.high};
    for (std::size_t i = 0; i < wanted.size(); ++i)
      EXPECT_NEAR(found[i], wanted[i], 1e-9 * std::max(1.0, std::abs(wanted[i]))) << name << i;
  }

  std::vector<double> a = get("a"), b = get("b");

 private:
  static std::string path(const std::string& name) { return std::string(GetParam()) + "/" + name; }
};

TEST_P(AgainstSciPy, Spread) {
  const Spread spread = spread_of(a);
  EXPECT_THAT((std::vector{spread.mean, spread.deviation, spread.median}),
              Pointwise(testing::DoubleNear(1e-12), get("spread")));
  EXPECT_EQ(spread.n, a.size());
}

TEST_P(AgainstSciPy, TTests) {
  expect_test(welch_test(a, b), "welch");
  if (has("paired")) expect_test(paired_test(a, b), "paired");
}

TEST_P(AgainstSciPy, RankTests) {
  EXPECT_NEAR(mann_whitney_p(a, b), get("mann_whitney")[0], 1e-12);
  if (has("wilcoxon")) {
    EXPECT_NEAR(wilcoxon_p(a, b), get("wilcoxon")[0], 1e-12);
  }
}

TEST_P(AgainstSciPy, HedgesG) {
  EXPECT_NEAR(hedges_g(a, b).value(), get("hedges_g")[0], 1e-12);
  EXPECT_NEAR(hedges_g(b, a).value(), -get("hedges_g")[0], 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Cases, AgainstSciPy,
                         testing::Values("apart", "close", "three", "unequal", "spread", "ties",
                                         "two", "one_against_many", "long", "long_pairs"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Statistics, ReplicasNeeded) {
  const std::vector<double> effects = as_doubles(fixture().array("needed/effect"));
  for (const bool paired : {false, true}) {
    const std::vector<double> wanted =
        as_doubles(fixture().array(paired ? "needed/paired" : "needed/independent"));
    for (std::size_t i = 0; i < effects.size(); ++i)
      EXPECT_EQ(replicas_needed(effects[i], paired), static_cast<std::size_t>(wanted[i]))
          << effects[i];
  }
  EXPECT_EQ(replicas_needed(-2, false), replicas_needed(2, false));
  EXPECT_EQ(replicas_needed(0, false), 1000u);
  EXPECT_EQ(replicas_needed(1e6, true), 2u);
}

TEST(Statistics, WithoutAnySpread) {
  const std::vector<double> ones{1, 1, 1}, twos{2, 2, 2};
  EXPECT_EQ(welch_test(ones, ones).p, 1);
  EXPECT_EQ(welch_test(ones, twos).p, 0);
  EXPECT_EQ(paired_test(ones, twos).difference, -1);
  EXPECT_EQ(paired_test(ones, twos).interval.low, -1);
  EXPECT_EQ(hedges_g(ones, twos), std::nullopt);
  EXPECT_EQ(wilcoxon_p(ones, ones), 1);
  EXPECT_EQ(mann_whitney_p(ones, ones), 1);
  EXPECT_TRUE(std::isnan(spread_of(std::vector{1.0}).deviation));
}

TEST(Statistics, HolmByHand) {
  EXPECT_THAT(
      holm(std::vector{0.01, 0.04, 0.03}),
      ElementsAre(DoubleNear(0.03, 1e-15), DoubleNear(0.06, 1e-15), DoubleNear(0.06, 1e-15)));
  EXPECT_THAT(holm(std::vector{0.6, 0.7}), ElementsAre(1, 1));
  EXPECT_TRUE(holm({}).empty());
}

// Of two values each, a mean of two draws is the low value, the middle or the high value with
// probabilities 1/4, 1/2, 1/4: the 2.5 % and 97.5 % points of the difference are its extremes.
TEST(Statistics, BootstrapOfFewValues) {
  const std::vector<double> a{1, 2}, b{5, 7};
  const Interval apart = bootstrap_interval(a, b, false);
  EXPECT_DOUBLE_EQ(apart.low, -6);
  EXPECT_DOUBLE_EQ(apart.high, -3);
  const Interval pairs = bootstrap_interval(a, b, true);
  EXPECT_DOUBLE_EQ(pairs.low, -5);
  EXPECT_DOUBLE_EQ(pairs.high, -4);
}

// For many values it comes near the normal interval, and twice the same is the same.
TEST(Statistics, BootstrapOfManyValues) {
  std::vector<double> a, b;
  for (int i = 0; i < 400; ++i) {
    a.push_back(std::sin(i));
    b.push_back(0.1 + std::cos(1.7 * i));
  }
  const Interval found = bootstrap_interval(a, b, false);
  const TTest test = welch_test(a, b);
  EXPECT_NEAR(found.low, test.interval.low, 0.01);
  EXPECT_NEAR(found.high, test.interval.high, 0.01);
  const Interval again = bootstrap_interval(a, b, false);
  EXPECT_EQ(found.low, again.low);
  EXPECT_EQ(found.high, again.high);
  const Interval pairs = bootstrap_interval(a, b, true);
  EXPECT_NEAR(pairs.low, paired_test(a, b).interval.low, 0.01);
}

}  // namespace
}  // namespace unroll::comparison
