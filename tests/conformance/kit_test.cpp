// What the kit itself is made of: shrinking, comparing, and the exact distribution of samplers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../../tools/conformance/sampler_promises.hpp"
#include "../../tools/conformance/shrink.hpp"
#include "../../tools/conformance/tensors.hpp"

namespace unroll::conformance {
namespace {

TEST(Shrinking, FindsTheSmallestSizes) {
  const auto fails = [](const std::vector<std::int64_t>& s) {
    return s[0] >= 3 && s[1] * s[2] > 7;
  };
  const auto found = shrink_sizes({20, 9, 8}, {1, 1, 2}, fails);
  EXPECT_TRUE(fails(found));
  EXPECT_EQ(found[0], 3);
  EXPECT_LE(found[1] * found[2], 9);
  EXPECT_EQ(shrink_sizes({5, 4, 3}, {1, 1, 1}, [](const auto&) { return true; }),
            (std::vector<std::int64_t>{1, 1, 1}));
}

TEST(Shrinking, KeepsCodePointsWhole) {
  const std::string text = "a long text with an e\u0301 and \u4ECA\u65E5 in it";
  EXPECT_EQ(shrink_text(text, [](const std::string& t) { return t.find("\u0301") != t.npos; }),
            "\u0301");
  EXPECT_EQ(shrink_text(text,
                        [](const std::string& t) {
                          return t.find('l') != t.npos && t.find("\u65E5") != t.npos;
                        }),
            "l\u65E5");
}

TEST(Comparing, NamesThePlaceAndBothValues) {
  const std::vector<float> a{1, 2, 3, 4}, b{1, 2, 5, 4};
  const Tensor x = Tensor::of<float>({2, 2}, a), y = Tensor::of<float>({2, 2}, b);
  EXPECT_EQ(differs("h", x, "here", y, "there", 1e-6), "h [1, 0] is 3 here and 5 there");
  EXPECT_EQ(differs("h", x, "here", y, "there", 0.5), std::nullopt);
  EXPECT_NE(differs("h", x, "here", Tensor::zeros({4}), "there", 100), std::nullopt);
  const float nan = std::nanf("");
  const std::vector<float> none{1, nan, 3, 4};
  const Tensor z = Tensor::of<float>({2, 2}, none);
  EXPECT_NE(differs("h", x, "here", z, "there", 1e9), std::nullopt);
  EXPECT_EQ(differs("h", z, "here", z, "there", 0), std::nullopt);
  EXPECT_EQ(not_finite("h", z), "h [0, 1] is nan");
}

TEST(Growth, IsSeenOfTensorsAndOfTheHeap) {
  std::vector<Tensor> kept;
  EXPECT_NE(growth([&] { kept.push_back(Tensor::zeros({100})); }), std::nullopt);
  EXPECT_EQ(growth([] { Tensor::zeros({100}); }), std::nullopt);
  if (memory_in_use().heap == 0) GTEST_SKIP() << "a sanitizer counts the heap itself";
  std::vector<std::string> texts;
  EXPECT_NE(growth([&] { texts.emplace_back(100, 'x'); }), std::nullopt);
}

constexpr float kNever = -std::numeric_limits<float>::infinity();

TEST(Truncation, IsThatOfTheSamplersPage) {
  const std::vector<float> logits{std::log(1.0F), std::log(4.0F), kNever, std::log(3.0F),
                                  std::log(2.0F)};
  const auto expect = [&](const Truncation& truncation, const std::vector<double>& wanted) {
    const std::vector<double> p = truncation.probabilities(logits);
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(p[i], wanted[i], 1e-6) << i;
  };
  expect({}, {0.1, 0.4, 0, 0.3, 0.2});
  expect({.temperature = 0.5}, {1 / 30., 16 / 30., 0, 9 / 30., 4 / 30.});
  expect({.top_k = 2}, {0, 4 / 7., 0, 3 / 7., 0});
  expect({.top_p = 0.6}, {0, 4 / 7., 0, 3 / 7., 0});
  expect({.top_p = 0.5, .top_k = 2}, {0, 1, 0, 0, 0});  // 4/7 of what top_k leaves
  expect({.min_p = 0.4}, {0, 4 / 9., 0, 3 / 9., 2 / 9.});
  const std::vector<double> equal = Truncation{.top_k = 2}.probabilities(std::vector<float>(4));
  EXPECT_EQ(equal, (std::vector<double>{0.5, 0.5, 0, 0}));
}

}  // namespace
}  // namespace unroll::conformance
