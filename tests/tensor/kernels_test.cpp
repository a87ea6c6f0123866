// The vectorised kernels against plain arithmetic in double, on every instruction set there is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

using Floats = std::vector<float>;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Dispatches to one instruction set only; undone at the end of the test.
class Kernels : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    Engine::get().use_vector_target(GetParam());
    ASSERT_EQ(Engine::get().vector_target(), GetParam());
    Engine::get().set_threads(2);
  }
  void TearDown() override { Engine::get().use_vector_target({}); }
};

Floats noise(std::size_t n, double low = -3, double high = 3) {
  RandomStream random(n, "kernels");
  Floats values(n);
  for (float& v : values) v = static_cast<float>(random.uniform(low, high));
  return values;
}

std::int64_t count(const Floats& values) {
  return static_cast<std::int64_t>(values.size());
}

// Values where approximations go wrong, and many in between.
Floats hard_values() {
  Floats x{0.0f,  -0.0f, 1e-30f, -1e-30f, 1e-8f, 0.6249f, 0.625f, 0.6251f, -0.625f, 1.0f,
           20.0f, -20.f, 80.0f,  -80.0f,  86.5f, 88.5f,   -86.5f, 8.9f,    9.1f,    -104.0f};
  for (float v = -90; v < 88; v += 0.0373f) x.push_back(v);
  for (float v = 1e-6f; v < 1; v *= 1.13f) x.push_back(v), x.push_back(-v);
  return x;
}

void expect_close(const Floats& got, const Floats& x, double (*exact)(double), double relative,
                  double absolute) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double wanted = exact(x[i]);
    ASSERT_NEAR(got[i], wanted, relative * std::abs(wanted) + absolute) << "at " << x[i];
  }
}

TEST_P(Kernels, FunctionsAreAccurate) {
  const Floats x = hard_values();
  Floats y(x.size());
  kernels::exp(count(x), x.data(), y.data());
  expect_close(
      y, x, [](double v) { return std::exp(v); }, 1e-6, 1e-37);
  kernels::sigmoid(count(x), x.data(), y.data());
  expect_close(
      y, x, [](double v) { return 1 / (1 + std::exp(-v)); }, 1e-6, 1e-37);
  kernels::tanh(count(x), x.data(), y.data());
  expect_close(
      y, x, [](double v) { return std::tanh(v); }, 1e-6, 1e-37);
  kernels::softplus(count(x), x.data(), y.data());
  expect_close(
      y, x, [](double v) { return std::max(v, 0.0) + std::log1p(std::exp(-std::abs(v))); }, 1e-6,
      1e-37);
  kernels::relu(count(x), x.data(), y.data());
  expect_close(
      y, x, [](double v) { return std::max(v, 0.0); }, 0, 0);
  Floats positive = x;
  for (float& v : positive) v = std::exp(v / 2);
  kernels::log(count(x), positive.data(), y.data());
  expect_close(
      y, positive, [](double v) { return std::log(v); }, 1e-6, 1e-7);
}

TEST_P(Kernels, ExtremesAndNaNComeThrough) {
  const Floats x{kInfinity, -kInfinity, std::nanf(""), 1000.0f, -1000.0f};
  Floats y(5);
  kernels::sigmoid(5, x.data(), y.data());
  EXPECT_EQ(y[0], 1);
  EXPECT_EQ(y[1], 0);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[4], 0);
  kernels::tanh(5, x.data(), y.data());
  EXPECT_EQ(y[0], 1);
  EXPECT_EQ(y[1], -1);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[3], 1);
  kernels::exp(5, x.data(), y.data());
  EXPECT_EQ(y[0], kInfinity);
  EXPECT_EQ(y[1], 0);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[3], kInfinity);
  EXPECT_EQ(y[4], 0);
  kernels::relu(5, x.data(), y.data());
  EXPECT_EQ(y[0], kInfinity);
  EXPECT_EQ(y[1], 0);
  EXPECT_TRUE(std::isnan(y[2]));
  kernels::softplus(5, x.data(), y.data());
  EXPECT_EQ(y[3], 1000);
  EXPECT_EQ(y[4], 0);
  EXPECT_TRUE(std::isnan(y[2]));
  const Floats z{0.0f, -1.0f, kInfinity, std::nanf("")};
  kernels::log(4, z.data(), y.data());
  EXPECT_EQ(y[0], -kInfinity);
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_EQ(y[2], kInfinity);
  EXPECT_TRUE(std::isnan(y[3]));
}

TEST_P(Kernels, ArithmeticAtEveryLength) {
  for (std::size_t n : {0U, 1U, 2U, 7U, 8U, 15U, 16U, 17U, 31U, 33U, 100U, 20000U}) {
    const Floats a = noise(n), b = noise(n, -1, 4);
    // One element more than the kernel may touch.
    const auto check = [&](auto kernel, auto exact) {
      Floats y(n + 1, 5.0f);
      kernel(static_cast<std::int64_t>(n), y.data());
      for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(y[i], exact(i), 1e-5) << n << " " << i;
      ASSERT_EQ(y[n], 5.0f) << "wrote past the end of " << n;
    };
    const auto at = [&](const Floats& v, std::size_t i) { return static_cast<double>(v[i]); };
    const float *pa = a.data(), *pb = b.data();
    check([&](auto m, float* y) { kernels::add(m, pa, pb, y); },
          [&](std::size_t i) { return at(a, i) + at(b, i); });
    check([&](auto m, float* y) { kernels::subtract(m, pa, pb, y); },
          [&](std::size_t i) { return at(a, i) - at(b, i); });
    check([&](auto m, float* y) { kernels::multiply(m, pa, pb, y); },
          [&](std::size_t i) { return at(a, i) * at(b, i); });
    check([&](auto m, float* y) { kernels::multiply_add(m, pa, pb, y); },
          [&](std::size_t i) { return 5 + at(a, i) * at(b, i); });
    check([&](auto m, float* y) { kernels::scale(m, 0.3f, pa, y); },
          [&](std::size_t i) { return 0.3 * at(a, i); });
    check([&](auto m, float* y) { kernels::axpy(m, 0.3f, pa, y); },
          [&](std::size_t i) { return 5 + 0.3 * at(a, i); });
    const Floats gate = noise(n, 0, 1);
    const float* pg = gate.data();
    check([&](auto m, float* y) { kernels::blend(m, pg, pa, pb, y); },
          [&](std::size_t i) { return at(gate, i) * at(a, i) + (1 - at(gate, i)) * at(b, i); });
    for (const bool add : {false, true}) {
      const double base = add ? 5 : 0;
      check([&](auto m, float* y) { kernels::blend_gate_gradient(m, pa, pb, pg, y, add); },
            [&](std::size_t i) { return base + at(gate, i) * (at(a, i) - at(b, i)); });
      check([&](auto m, float* y) { kernels::blend_rest_gradient(m, pg, pa, y, add); },
            [&](std::size_t i) { return base + at(a, i) * (1 - at(gate, i)); });
      check([&](auto m, float* y) { kernels::sigmoid_gradient(m, pa, pb, y, add); },
            [&](std::size_t i) { return base + at(b, i) * at(a, i) * (1 - at(a, i)); });
      check([&](auto m, float* y) { kernels::tanh_gradient(m, pa, pb, y, add); },
            [&](std::size_t i) { return base + at(b, i) * (1 - at(a, i) * at(a, i)); });
      check([&](auto m, float* y) { kernels::relu_gradient(m, pa, pb, y, add); },
            [&](std::size_t i) { return base + (at(a, i) > 0 ? at(b, i) : 0); });
    }
  }
}

TEST_P(Kernels, ReductionsAreExactEnough) {
  for (std::size_t n : {0U, 1U, 9U, 16U, 1000U, 100000U, 5000000U}) {
    const Floats a = noise(n), b = noise(n, 0, 1);
    double sum = 0, squares = 0, product = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += double{a[i]};
      squares += double{a[i]} * double{a[i]};
      product += double{a[i]} * double{b[i]};
    }
    const double tolerance = 1e-11 * (1 + static_cast<double>(n));
    EXPECT_NEAR(kernels::sum(count(a), a.data()), sum, tolerance);
    EXPECT_NEAR(kernels::sum_of_squares(count(a), a.data()), squares, tolerance);
    EXPECT_NEAR(kernels::dot(count(a), a.data(), b.data()), product, tolerance);
  }
}

TEST_P(Kernels, ColumnSums) {
  for (std::size_t rows : {0U, 1U, 3U, 70U}) {
    for (std::size_t columns : {1U, 5U, 16U, 64U, 67U, 300U}) {
      const Floats x = noise(rows * columns);
      for (const bool add : {false, true}) {
        Floats y(columns + 1, 2.0f);
        kernels::column_sums(static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns),
                             x.data(), y.data(), add);
        for (std::size_t c = 0; c < columns; ++c) {
          double wanted = add ? 2 : 0;
          for (std::size_t r = 0; r < rows; ++r) wanted += double{x[r * columns + c]};
          ASSERT_NEAR(y[c], wanted, 1e-4);
        }
        ASSERT_EQ(y[columns], 2.0f);
      }
    }
  }
}

TEST_P(Kernels, SoftmaxAndCrossEntropy) {
  for (std::size_t V : {1U, 3U, 16U, 65U, 200U}) {
    constexpr std::size_t R = 90;
    Floats x = noise(R * V, -5, 5);
    x[0] = 5000.0f;  // must not overflow
    if (V > 1) x[V + 1] = -kInfinity;
    std::vector<std::int32_t> target(R), largest(R);
    for (std::size_t r = 0; r < R; ++r) target[r] = static_cast<std::int32_t>(r % V);
    if (V > 2) target[1] = 2;
    target[7] = -1;
    const auto rows = static_cast<std::int64_t>(R), columns = static_cast<std::int64_t>(V);
    Floats y(R * V), lse(R), gradient(R * V, 1.0f);
    kernels::softmax(rows, columns, x.data(), y.data());
    kernels::log_sum_exp(rows, columns, x.data(), lse.data(), largest.data());
    kernels::cross_entropy_gradient(rows, columns, x.data(), lse.data(), target.data(), 0.5f,
                                    gradient.data(), true);
    for (std::size_t r = 0; r < R; ++r) {
      const float* row = x.data() + r * V;
      const float* top = std::max_element(row, row + V);
      double total = 0;
      for (std::size_t i = 0; i < V; ++i) total += std::exp(double{row[i]} - double{*top});
      ASSERT_EQ(largest[r], top - row);
      ASSERT_NEAR(lse[r], *top + std::log(total), 1e-5 + 1e-6 * std::abs(*top));
      for (std::size_t i = 0; i < V; ++i) {
        const double p = std::exp(double{row[i]} - double{*top}) / total;
        ASSERT_NEAR(y[r * V + i], p, 1e-6);
        const bool hit = target[r] == static_cast<std::int32_t>(i);
        const double wanted = target[r] < 0 ? 1.0 : 1.0 + 0.5 * (p - (hit ? 1 : 0));
        ASSERT_NEAR(gradient[r * V + i], wanted, 2e-6);
      }
    }
    if (V > 1) {
      EXPECT_EQ(y[V + 1], 0.0f);
    }
  }
}

TEST_P(Kernels, RowsByIdGatherAndScatter) {
  for (const std::int64_t columns : {1, 7, 64, 300}) {
    constexpr std::int64_t kClasses = 11, kRows = 200;
    const Floats table = noise(static_cast<std::size_t>(kClasses * columns));
    const Floats bias = noise(static_cast<std::size_t>(columns), 1, 2);
    std::vector<std::int32_t> ids(kRows);
    for (std::size_t r = 0; r < ids.size(); ++r) ids[r] = static_cast<std::int32_t>(r * 7 % 13) - 1;
    Floats y(static_cast<std::size_t>(kRows * columns));
    kernels::gather_rows(kRows, columns, kClasses, ids.data(), table.data(), bias.data(), y.data());
    Floats sums(table.size(), 0.5f), wanted = sums;
    kernels::scatter_add_rows(kRows, columns, kClasses, ids.data(), y.data(), sums.data());
    for (std::int64_t r = 0; r < kRows; ++r) {
      const std::int32_t id = ids[static_cast<std::size_t>(r)];
      const bool known = id >= 0 && id < kClasses;
      for (std::int64_t c = 0; c < columns; ++c) {
        const float from = known ? table[static_cast<std::size_t>(id * columns + c)] : 0.0f;
        const float got = y[static_cast<std::size_t>(r * columns + c)];
        ASSERT_EQ(got, from + bias[static_cast<std::size_t>(c)]);
        if (known) wanted[static_cast<std::size_t>(id * columns + c)] += got;
      }
    }
    EXPECT_EQ(sums, wanted);
  }
}

// Before AVX2 rows of odd width, which begin anywhere, crashed in loads that wanted alignment.
TEST_P(Kernels, RowsOfOddWidthNeedNoAlignment) {
  const Floats x(5 * 65, 0.5f);
  Floats y(x.size()), lse(5);
  std::vector<std::int32_t> largest(5);
  kernels::softmax(5, 65, x.data(), y.data());
  EXPECT_NEAR(y.back(), 1.0 / 65, 1e-7);
  kernels::log_sum_exp(5, 65, x.data(), lse.data(), largest.data());
  EXPECT_NEAR(lse[4], 0.5 + std::log(65.0), 1e-5);
  kernels::column_sums(5, 65, x.data(), y.data(), false);
  EXPECT_EQ(y[64], 2.5f);
}

TEST_P(Kernels, ResultsDoNotDependOnThreads) {
  const Floats x = noise(3000000);
  const auto run = [&](int threads) {
    Engine::get().set_threads(threads);
    Floats y(x.size()), sums(1000);
    kernels::tanh(count(x), x.data(), y.data());
    kernels::column_sums(3000, 1000, y.data(), sums.data(), false);
    sums.push_back(static_cast<float>(kernels::sum_of_squares(count(y), y.data())));
    sums.insert(sums.end(), y.begin(), y.begin() + 1000);
    return sums;
  };
  const Floats one = run(1);
  EXPECT_EQ(run(2), one);
  EXPECT_EQ(run(3), one);
  Engine::get().set_threads(2);
}

INSTANTIATE_TEST_SUITE_P(Targets, Kernels, testing::ValuesIn(Engine::get().vector_targets()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace unroll
