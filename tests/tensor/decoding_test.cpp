// Products with packed weights, for every instruction set and format, against sums in double.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels_decoding.hpp>
#include <unroll/tensor/kernels_sampling.hpp>

namespace unroll {
namespace {

class DecodingKernels : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { Engine::get().use_vector_target(GetParam()); }
  void TearDown() override { Engine::get().use_vector_target({}); }
};

std::vector<float> random_values(std::int64_t count, const char* name) {
  RandomStream random(1, name);
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(random.uniform(-1, 1)));
  return values;
}

/// Rows as a decoder keeps them: zeros up to the next 16.
struct Rows {
  std::int64_t count, stride;
  std::vector<float> values;
  QuantisedRows quantised;

  Rows(std::int64_t rows, std::int64_t K, const char* name)
      : count(rows), stride((K + 15) / 16 * 16) {
    const std::vector<float> drawn = random_values(rows * K, name);
    values.assign(static_cast<std::size_t>(rows * stride), 0.0F);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t k = 0; k < K; ++k)
        values[static_cast<std::size_t>(r * stride + k)] =
            drawn[static_cast<std::size_t>(r * K + k)];
    quantised.take(values.data(), rows, stride);
  }
  kernels::DecodingRows from(std::int64_t row) const {
    return {values.data() + row * stride, stride, &quantised};
  }
};

/// What a format makes of M [K, N].
std::vector<double> kept(const std::vector<float>& M, std::int64_t K, std::int64_t N,
                         WeightFormat format) {
  std::vector<double> values(M.begin(), M.end());
  for (std::int64_t n = 0; n < N; ++n) {
    double largest = 0;
    for (std::int64_t k = 0; k < K; ++k)
      largest = std::max(largest, std::abs(values[static_cast<std::size_t>(k * N + n)]));
    for (std::int64_t k = 0; k < K; ++k) {
      double& value = values[static_cast<std::size_t>(k * N + n)];
      if (format == WeightFormat::bf16) {
        int exponent = 0;
        std::frexp(value, &exponent);
        value = std::ldexp(std::nearbyint(std::ldexp(value, 8 - exponent)), exponent - 8);
      } else if (format == WeightFormat::int8) {
        value = std::round(value / (largest / 127)) * (largest / 127);
      }
    }
  }
  return values;
}

constexpr WeightFormat kFormats[] = {WeightFormat::f32, WeightFormat::bf16, WeightFormat::int8};

// 1 … 130 columns and 1 … 65 rows of M meet every tail; rows of x come in threes and alone.
TEST_P(DecodingKernels, ProductsAgreeWithDouble) {
  for (const WeightFormat format : kFormats)
    for (const std::int64_t K : {1, 5, 16, 33, 65})
      for (const std::int64_t N : {1, 16, 33, 79, 130}) {
        const std::vector<float> M = random_values(K * N, "M"), bias = random_values(N, "bias");
        const std::vector<double> exact = kept(M, K, N, format);
        const Rows x(5, K, "x");
        const PackedMatrix packed = PackedMatrix::columns(M.data(), K, N, N, 1, format);
        std::vector<float> y(static_cast<std::size_t>(5 * N), NAN);
        kernels::decode_columns(packed, bias.data(), 5, x.from(0), N, y.data(),
                                {0, packed.panels()});
        // Activations of int8 products have 15 bits.
        const double tolerance = format == WeightFormat::int8 ? 5e-4 : 1e-5;
        for (std::int64_t r = 0; r < 5; ++r)
          for (std::int64_t n = 0; n < N; ++n) {
            double sum = bias[static_cast<std::size_t>(n)];
            for (std::int64_t k = 0; k < K; ++k)
              sum += double{x.values[static_cast<std::size_t>(r * x.stride + k)]} *
                     exact[static_cast<std::size_t>(k * N + n)];
            ASSERT_NEAR(y[static_cast<std::size_t>(r * N + n)], sum,
                        tolerance * (1 + std::abs(sum)))
                << name_of(format) << " K " << K << " N " << N << " row " << r << " column " << n;
          }
      }
}

TEST_P(DecodingKernels, ATransposedMatrixIsTheSame) {
  const std::int64_t K = 7, N = 37;
  const std::vector<float> M = random_values(K * N, "M"), bias(N, 0.0F);
  std::vector<float> turned(M.size());
  for (std::int64_t k = 0; k < K; ++k)
    for (std::int64_t n = 0; n < N; ++n)
      turned[static_cast<std::size_t>(n * K + k)] = M[static_cast<std::size_t>(k * N + n)];
  const Rows x(1, K, "x");
  for (const WeightFormat format : kFormats) {
    const PackedMatrix a = PackedMatrix::columns(M.data(), K, N, N, 1, format);
    const PackedMatrix b = PackedMatrix::columns(turned.data(), K, N, 1, K, format);
    std::vector<float> y(N), z(N);
    kernels::decode_columns(a, bias.data(), 1, x.from(0), N, y.data(), {0, a.panels()});
    kernels::decode_columns(b, bias.data(), 1, x.from(0), N, z.data(), {0, b.panels()});
    EXPECT_EQ(y, z);
  }
}

TEST_P(DecodingKernels, CompanyAndSharesChangeNoBit) {
  const std::int64_t K = 40, N = 200, rows = 7;
  const std::vector<float> M = random_values(K * N, "M"), bias = random_values(N, "bias");
  Rows x(rows, K, "x");
  for (const WeightFormat format : kFormats) {
    const PackedMatrix packed = PackedMatrix::columns(M.data(), K, N, N, 1, format);
    std::vector<float> together(static_cast<std::size_t>(rows * N)), alone(N);
    for (std::int64_t panel = packed.panels(); panel-- > 0;)
      kernels::decode_columns(packed, bias.data(), rows, x.from(0), N, together.data(),
                              {panel, panel + 1});
    for (std::int64_t r = 0; r < rows; ++r) {
      QuantisedRows quantised;
      quantised.take(x.values.data() + r * x.stride, 1, x.stride);
      kernels::DecodingRows one = x.from(r);
      one.quantised = &quantised;
      kernels::decode_columns(packed, bias.data(), 1, one, N, alone.data(), {0, packed.panels()});
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + r * N))
          << name_of(format) << " row " << r;
    }
  }
}

TEST_P(DecodingKernels, SumsAreThoseOfColumnsInEitherDirection) {
  const std::int64_t K = 21, N = 79, rows = 4;
  const std::vector<float> M = random_values(K * N, "M"), none(N, 0.0F);
  const Rows x(rows, K, "x");
  for (const WeightFormat format : kFormats) {
    const PackedMatrix packed = PackedMatrix::columns(M.data(), K, N, N, 1, format);
    ASSERT_EQ(packed.width(), 80);
    std::vector<float> y(static_cast<std::size_t>(rows * N));
    kernels::decode_columns(packed, none.data(), rows, x.from(0), N, y.data(),
                            {0, packed.panels()});
    for (const bool backwards : {false, true}) {
      std::vector<float> sums(static_cast<std::size_t>(rows * 80), NAN);
      kernels::decode_products(packed, rows, x.from(0), sums.data(),
                               {0, packed.panels(), backwards});
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t n = 0; n < N; ++n)
          ASSERT_EQ(sums[static_cast<std::size_t>(r * 80 + n)],
                    y[static_cast<std::size_t>(r * N + n)])
              << name_of(format) << ' ' << r << ' ' << n;
        EXPECT_EQ(sums[static_cast<std::size_t>(r * 80 + N)], 0) << "padding";
      }
    }
  }
}

TEST_P(DecodingKernels, ProductsWithAStepOrBeforeItGiveTheSameBits) {
  using kernels::Recurrent;
  const std::int64_t H = 37, wide = 48, I = 5, rows = 4;
  for (const Recurrent kind : {Recurrent::rnn_tanh, Recurrent::rnn_relu, Recurrent::lstm,
                               Recurrent::lstm_peephole, Recurrent::gru}) {
    const std::int64_t G = kernels::gates_of(kind);
    const std::vector<float> W = random_values(I * G * H, "W"), U = random_values(H * G * H, "U");
    const std::vector<float> bias = random_values(G * wide, "bias"),
                             extra = random_values(3 * wide, "extra"),
                             c = random_values(rows * wide, "c");
    const Rows x(rows, I, "x"), h(rows, H, "h");
    kernels::DecodingGates gates;
    gates.kind = kind;
    gates.hidden = H;
    gates.bias = bias.data();
    gates.extra = extra.data();
    for (const WeightFormat format : kFormats) {
      const PackedMatrix packed_W = PackedMatrix::gates(W.data(), I, G, H, format);
      const PackedMatrix packed_U = PackedMatrix::gates(U.data(), H, G, H, format);
      const kernels::PanelRange all{0, packed_U.panels()};
      const auto sums_of = [&](const PackedMatrix& M, const Rows& from) {
        std::vector<float> sums(static_cast<std::size_t>(rows * M.width()));
        kernels::decode_products(M, rows, from.from(0), sums.data(), all);
        return sums;
      };
      const std::vector<float> xW = sums_of(packed_W, x), hU = sums_of(packed_U, h);
      std::vector<float> expected_h, expected_c;
      for (const bool before_x : {false, true})
        for (const bool before_h : {false, true})
          for (const bool backwards : {false, true}) {
            std::vector<float> after(c.size(), NAN), memory = c;
            kernels::DecodingStep step;
            step.rows = rows;
            step.input = {before_x ? nullptr : &packed_W, x.from(0),
                          before_x ? xW.data() : nullptr};
            step.recurrent = {before_h ? nullptr : &packed_U, h.from(0),
                              before_h ? hU.data() : nullptr};
            step.before = h.values.data();
            step.after = after.data();
            step.memory = memory.data();
            for (std::int64_t panel = 0; panel < all.end; ++panel)
              kernels::decode_layer(gates, step, {panel, panel + 1, backwards});
            if (expected_h.empty()) expected_h = after, expected_c = memory;
            EXPECT_EQ(after, expected_h) << name_of(format) << ' ' << before_x << before_h;
            EXPECT_EQ(memory, expected_c) << name_of(format) << ' ' << before_x << before_h;
          }
    }
  }
}

TEST_P(DecodingKernels, WhatIsNoNumberStaysNone) {
  const std::int64_t K = 20, N = 20;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const WeightFormat format : kFormats)
    for (const float bad : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()})
      for (const bool in_weights : {false, true}) {
        std::vector<float> M = random_values(K * N, "M"), bias(N, 0.0F), y(N);
        Rows x(1, K, "x");
        if (in_weights)
          M[3 * N + 2] = bad;
        else
          x.values[3] = bad;
        x.quantised.take(x.values.data(), 1, x.stride);
        const PackedMatrix packed = PackedMatrix::columns(M.data(), K, N, N, 1, format);
        kernels::decode_columns(packed, bias.data(), 1, x.from(0), N, y.data(),
                                {0, packed.panels()});
        EXPECT_FALSE(std::isfinite(y[2])) << name_of(format) << ' ' << bad << ' ' << in_weights;
      }
}

TEST_P(DecodingKernels, TheLargestIsTheFirstOfEquals) {
  for (const std::int64_t n : {1, 2, 7, 16, 33, 100})
    for (std::int64_t place = 0; place < n; ++place) {
      std::vector<float> x = random_values(n, "x");
      x[static_cast<std::size_t>(place)] = 2;
      for (std::int64_t later = place + 3; later < n; later += 5)
        x[static_cast<std::size_t>(later)] = later % 2 == 0 ? 2 : NAN;
      if (place > 0) x[0] = NAN;
      EXPECT_EQ(kernels::largest_place(n, x.data()), place) << n;
    }
  const std::vector<float> none(20, -INFINITY);
  EXPECT_EQ(kernels::largest_place(20, none.data()), -1);
  const std::vector<float> nan(20, NAN);
  EXPECT_EQ(kernels::largest_place(20, nan.data()), -1);
}

TEST_P(DecodingKernels, WeightsAreExponentialsInDouble) {
  for (const std::int64_t n : {1, 3, 8, 29, 64})
    for (const double temperature : {1e-300, 0.01, 0.7, 1.0, 1.8, 1e9}) {
      std::vector<float> x = random_values(n, "x");
      for (float& value : x) value *= 30;
      if (n > 3) x[1] = NAN, x[2] = -INFINITY;
      x[0] = 31;
      std::vector<double> weights(x.size());
      kernels::exponential_weights(n, x.data(), x[0], temperature, weights.data());
      EXPECT_EQ(weights[0], 1.0);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double exact = std::isnan(x[i]) || x[i] == -INFINITY ? 0
                             : i == 0                              ? 1
                                      : std::exp((double{x[i]} - double{x[0]}) / temperature);
        if (exact > 1e-300) {
          EXPECT_NEAR(weights[i] / exact, 1, 1e-15) << x[i] << " at " << temperature;
        } else {
          EXPECT_LE(weights[i], 1e-299) << x[i] << " at " << temperature;
        }
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, DecodingKernels,
                         testing::ValuesIn(Engine::get().vector_targets()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace unroll
