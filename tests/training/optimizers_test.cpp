// Every option of every optimizer against the formula of its header, in double precision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include <training/small_run.hpp>

namespace unroll {
namespace {

using testing::HasSubstr;
using testing_room::registry;

constexpr std::size_t kWeights = 70'001;  // more than one piece, and an odd rest

std::unique_ptr<Optimizer> make(const std::string& name, const std::string& options) {
  Problems problems;
  const Node node = load_yaml_text("{" + options + "}", "test", problems);
  problems.throw_if_any();
  return registry().make_optimizer({name, node, {}});
}

float gradient(std::size_t i, std::int64_t step) {
  return std::sin(static_cast<float>(i % 97) + 2.5f * static_cast<float>(step));
}

/// One weight's way: its value and two moments.
struct Scalar {
  double w, first = 0, second = 0;
};

using Rule = std::function<void(Scalar&, double g, std::int64_t t)>;

void expect_follows(const std::string& name, const std::string& options, const Rule& rule) {
  const auto optimizer = make(name, options);
  std::vector<float> weights(kWeights), gradients(kWeights);
  std::vector<Scalar> expected(kWeights);
  for (std::size_t i = 0; i < kWeights; ++i) {
    weights[i] = static_cast<float>(i % 13) - 6;
    expected[i].w = weights[i];
  }
  for (std::int64_t t = 1; t <= 5; ++t) {
    for (std::size_t i = 0; i < kWeights; ++i) {
      gradients[i] = gradient(i, t);
      rule(expected[i], 0.5 * static_cast<double>(gradients[i]), t);
    }
    optimizer->update(weights, gradients, {optimizer->learning_rate(), 0.5, t});
  }
  for (std::size_t i = 0; i < kWeights; i += 331)
    ASSERT_NEAR(weights[i], expected[i].w, 2e-5 * (1 + std::abs(expected[i].w)))
        << name << " " << i;

  // Restored into a new one, it goes on to the same bits.
  const auto resumed = make(name, options);
  resumed->restore(optimizer->save());
  std::vector<float> again = weights;
  optimizer->update(weights, gradients, {0.1, 1, 6});
  resumed->update(again, gradients, {0.1, 1, 6});
  EXPECT_EQ(weights, again);
}

TEST(Optimizers, Sgd) {
  expect_follows("sgd", "learning_rate: 0.1, weight_decay: 0.02",
                 [](Scalar& s, double g, std::int64_t) { s.w -= 0.1 * (g + 0.02 * s.w); });
  expect_follows("sgd", "learning_rate: 0.1, momentum: 0.9, weight_decay: 0.02",
                 [](Scalar& s, double g, std::int64_t) {
                   s.first = 0.9 * s.first + g + 0.02 * s.w;
                   s.w -= 0.1 * s.first;
                 });
  expect_follows("sgd", "learning_rate: 0.1, momentum: 0.9, nesterov: true",
                 [](Scalar& s, double g, std::int64_t) {
                   s.first = 0.9 * s.first + g;
                   s.w -= 0.1 * (g + 0.9 * s.first);
                 });
}

TEST(Optimizers, RmsProp) {
  expect_follows("rmsprop",
                 "learning_rate: 0.01, alpha: 0.9, epsilon: 1.0e-3, momentum: 0.8, "
                 "weight_decay: 0.02",
                 [](Scalar& s, double g, std::int64_t) {
                   g += 0.02 * s.w;
                   s.second = 0.9 * s.second + 0.1 * g * g;
                   s.first = 0.8 * s.first + g / (std::sqrt(s.second) + 1e-3);
                   s.w -= 0.01 * s.first;
                 });
}

void adam(Scalar& s, double g, std::int64_t t) {
  s.first = 0.8 * s.first + 0.2 * g;
  s.second = 0.95 * s.second + 0.05 * g * g;
  const double m = s.first / (1 - std::pow(0.8, static_cast<double>(t)));
  const double v = s.second / (1 - std::pow(0.95, static_cast<double>(t)));
  s.w -= 0.01 * m / (std::sqrt(v) + 1e-4);
}

TEST(Optimizers, AdamAndAdamW) {
  const std::string options =
      "learning_rate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1.0e-4, weight_decay: 0.1";
  expect_follows("adam", options,
                 [](Scalar& s, double g, std::int64_t t) { adam(s, g + 0.1 * s.w, t); });
  expect_follows("adamw", options, [](Scalar& s, double g, std::int64_t t) {
    s.w *= 1 - 0.01 * 0.1;
    adam(s, g, t);
  });
}

TEST(Optimizers, GapsOfTheArenaStayZero) {
  for (const char* name : {"sgd", "rmsprop", "adam", "adamw"}) {
    const auto optimizer = make(name, "learning_rate: 0.1, weight_decay: 0.1");
    std::vector<float> weights(32), gradients(32);
    for (std::int64_t t = 1; t < 4; ++t) optimizer->update(weights, gradients, {0.1, 1, t});
    EXPECT_EQ(weights, std::vector<float>(32)) << name;
  }
}

TEST(Optimizers, RefuseWhatCannotBe) {
  try {
    make("sgd", "nesterov: true");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("nesterov needs a momentum above 0"));
  }
  const auto optimizer = make("adam", "");
  std::vector<float> weights(32), fewer(16);
  optimizer->update(weights, weights, {0.1, 1, 1});
  EXPECT_THROW(optimizer->update(fewer, fewer, {0.1, 1, 2}), Error);
  EXPECT_THROW(optimizer->restore(Archive{}), Error);
}

}  // namespace
}  // namespace unroll
