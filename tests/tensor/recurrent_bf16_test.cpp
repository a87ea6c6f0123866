// Recurrences in mixed precision against their equations in double. A reference fed with its own
// states would drift: where a state lies between two bfloat16 numbers the last bit decides which is
// multiplied. So each step of the reference starts from what the kernel had, and must agree to
// float32's rounding.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels_recurrent_bf16.hpp>

namespace unroll {
namespace {

using kernels::Recurrent;
using Floats = std::vector<float>;

constexpr double kClose = 1e-5;

double rounded(float value) {
  return from_bf16(to_bf16(value));
}
double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// A sequence with all it needs, and its gradients.
struct Sequence {
  std::int64_t T, N, H, G, W;
  Recurrent kind;
  Floats U, extra, h0, c0, projected, gates, memory, outputs;
  Floats from_above, from_last, carried, d_h0, d_extra, dU;
  std::vector<Bf16> halves;

  Sequence(Recurrent recurrent, std::int64_t steps, std::int64_t batch, std::int64_t hidden)
      : T(steps), N(batch), H(hidden), G(kernels::gates_of(recurrent)), kind(recurrent) {
    RandomStream random(7, "recurrent");
    const auto noise = [&](std::int64_t n, double size) {
      Floats values(static_cast<std::size_t>(n));
      for (float& v : values) v = static_cast<float>(random.uniform(-size, size));
      return values;
    };
    U = noise(H * G * H, 1.5 / std::sqrt(static_cast<double>(H)));
    extra = noise(3 * H, 0.5);
    h0 = noise(N * H, 1);
    c0 = noise(N * H, 1);
    projected = noise(T * N * G * H, 1);
    gates = Floats(projected.size());
    memory = outputs = Floats(static_cast<std::size_t>(T * N * H));
    from_above = noise(T * N * H, 1);
    from_last = noise(N * H, 1);
    carried = is_lstm() ? noise(N * H, 1) : Floats(static_cast<std::size_t>(N * H));
    d_h0 = Floats(static_cast<std::size_t>(N * H));
    d_extra = Floats(static_cast<std::size_t>(3 * H));
    dU = noise(H * G * H, 1);
    W = kernels::rounded_width(sequence());
    halves.resize(static_cast<std::size_t>(T * N * W), 0x7fc0);  // NaN: all must be written
  }

  bool is_lstm() const { return kind == Recurrent::lstm || kind == Recurrent::lstm_peephole; }
  kernels::RecurrentSequence sequence() {
    kernels::RecurrentSequence all;
    all.kind = kind;
    all.steps = T;
    all.batch = N;
    all.hidden = H;
    all.U = U.data();
    all.extra = extra.data();
    all.h0 = h0.data();
    all.c0 = c0.data();
    all.projected = projected.data();
    all.gates = gates.data();
    all.memory = memory.data();
    all.outputs = outputs.data();
    return all;
  }

  // The state before step t.
  float before(const Floats& first, const Floats& all, std::int64_t t, std::int64_t n,
               std::int64_t j) const {
    return t == 0 ? first[index(n * H + j)] : all[index(((t - 1) * N + n) * H + j)];
  }
  static std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }
};

// The gates of one unit after their nonlinearities; what is kept beside them, and h.
struct Unit {
  std::array<double, 4> gates{};
  double memory = 0, h = 0;
};

Unit forward(const Sequence& s, std::int64_t t, std::int64_t n, std::int64_t j) {
  std::array<double, 4> a{}, x{};
  for (std::int64_t g = 0; g < s.G; ++g) {
    x[Sequence::index(g)] = s.projected[Sequence::index(((t * s.N + n) * s.G + g) * s.H + j)];
    for (std::int64_t k = 0; k < s.H; ++k)
      a[Sequence::index(g)] += rounded(s.before(s.h0, s.outputs, t, n, k)) *
                               rounded(s.U[Sequence::index(k * s.G * s.H + g * s.H + j)]);
  }
  const auto extra = [&](std::int64_t row) { return s.extra[Sequence::index(row * s.H + j)]; };
  Unit unit;
  switch (s.kind) {
    case Recurrent::rnn_tanh:
      unit.h = std::tanh(a[0] + x[0]);
      break;
    case Recurrent::rnn_relu:
      unit.h = std::max(0.0, a[0] + x[0]);
      break;
    case Recurrent::lstm:
    case Recurrent::lstm_peephole: {
      const bool peep = s.kind == Recurrent::lstm_peephole;
      const double c = s.before(s.c0, s.memory, t, n, j);
      unit.gates[0] = sigmoid(a[0] + x[0] + (peep ? c * extra(0) : 0));
      unit.gates[1] = sigmoid(a[1] + x[1] + (peep ? c * extra(1) : 0));
      unit.gates[2] = std::tanh(a[2] + x[2]);
      unit.memory = unit.gates[1] * c + unit.gates[0] * unit.gates[2];
      unit.gates[3] = sigmoid(a[3] + x[3] + (peep ? unit.memory * extra(2) : 0));
      unit.h = unit.gates[3] * std::tanh(unit.memory);
      break;
    }
    case Recurrent::gru: {
      const double h = s.before(s.h0, s.outputs, t, n, j);
      unit.gates[0] = sigmoid(a[0] + x[0]);
      unit.gates[1] = sigmoid(a[1] + x[1]);
      unit.memory = a[2] + extra(0);
      unit.gates[2] = std::tanh(x[2] + unit.gates[1] * unit.memory);
      unit.h = unit.gates[0] * h + (1 - unit.gates[0]) * unit.gates[2];
      break;
    }
  }
  return unit;
}

// The gradients of the gates of one unit before their nonlinearities, and of a gru's memory.
// `carried` is the gradient of its state but for what goes through products.
Unit backward(const Sequence& s, const Unit& at, double dh, std::int64_t t, std::int64_t n,
              std::int64_t j, double& carried) {
  Unit d;
  const auto& g = at.gates;
  const auto extra = [&](std::int64_t row) { return s.extra[Sequence::index(row * s.H + j)]; };
  switch (s.kind) {
    case Recurrent::rnn_tanh:
      d.gates[0] = dh * (1 - at.h * at.h);
      break;
    case Recurrent::rnn_relu:
      d.gates[0] = at.h > 0 ? dh : 0;
      break;
    case Recurrent::lstm:
    case Recurrent::lstm_peephole: {
      const bool peep = s.kind == Recurrent::lstm_peephole;
      const double c = s.before(s.c0, s.memory, t, n, j), tanh_c = std::tanh(at.memory);
      d.gates[3] = dh * tanh_c * g[3] * (1 - g[3]);
      const double dc =
          carried + dh * g[3] * (1 - tanh_c * tanh_c) + (peep ? d.gates[3] * extra(2) : 0);
      d.gates[0] = dc * g[2] * g[0] * (1 - g[0]);
      d.gates[1] = dc * c * g[1] * (1 - g[1]);
      d.gates[2] = dc * g[0] * (1 - g[2] * g[2]);
      carried = dc * g[1] + (peep ? d.gates[0] * extra(0) + d.gates[1] * extra(1) : 0);
      break;
    }
    case Recurrent::gru: {
      dh += carried;
      const double h = s.before(s.h0, s.outputs, t, n, j);
      d.gates[2] = dh * (1 - g[0]) * (1 - g[2] * g[2]);
      d.gates[0] = dh * (h - g[2]) * g[0] * (1 - g[0]);
      d.gates[1] = d.gates[2] * at.memory * g[1] * (1 - g[1]);
      d.memory = d.gates[2] * g[1];
      carried = dh * g[0];
      break;
    }
  }
  return d;
}

using Parameters = std::tuple<std::string, Recurrent, std::array<std::int64_t, 3>>;

class RecurrentBf16 : public testing::TestWithParam<Parameters> {
 protected:
  void SetUp() override {
    Engine::get().use_vector_target(std::get<0>(GetParam()));
    Engine::get().set_threads(2);
  }
  void TearDown() override { Engine::get().use_vector_target({}); }
};

TEST_P(RecurrentBf16, AgreesWithItsEquationsStepByStep) {
  const auto [T, N, H] = std::get<2>(GetParam());
  Sequence s(std::get<1>(GetParam()), T, N, H);
  const auto index = Sequence::index;
  kernels::recurrent_forward_bf16(s.sequence());

  std::vector<Unit> units;
  for (std::int64_t t = 0; t < T; ++t) {
    for (std::int64_t n = 0; n < N; ++n) {
      for (std::int64_t j = 0; j < H; ++j) {
        const Unit& wanted = units.emplace_back(forward(s, t, n, j));
        const std::int64_t at = (t * N + n) * H + j;
        ASSERT_NEAR(s.outputs[index(at)], wanted.h, kClose) << t << " " << n << " " << j;
        if (s.G == 1) continue;
        ASSERT_NEAR(s.memory[index(at)], wanted.memory, kClose) << t << " " << n << " " << j;
        for (std::int64_t g = 0; g < s.G; ++g)
          ASSERT_NEAR(s.gates[index(((t * N + n) * s.G + g) * H + j)], wanted.gates[index(g)],
                      kClose)
              << t << " " << n << " " << j << " gate " << g;
      }
    }
  }

  Sequence before = s;  // with the states, which the backward pass replaces
  kernels::RecurrentGradients gradients;
  gradients.outputs = s.from_above.data();
  gradients.last_h = s.from_last.data();
  gradients.carried = s.carried.data();
  gradients.h0 = s.d_h0.data();
  if (s.kind == Recurrent::gru || s.kind == Recurrent::lstm_peephole)
    gradients.extra = s.d_extra.data();
  kernels::recurrent_backward_bf16(s.sequence(), gradients, s.halves.data());

  const auto through_product = [&](std::int64_t t, std::int64_t n, std::int64_t j) {
    double sum = 0;
    for (std::int64_t k = 0; k < s.G * H; ++k)
      sum +=
          from_bf16(s.halves[index((t * N + n) * s.W + k)]) * rounded(s.U[index(j * s.G * H + k)]);
    return sum;
  };
  std::vector<double> d_extra(static_cast<std::size_t>(3 * H));
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t j = 0; j < H; ++j) {
      double carried = before.carried[index(n * H + j)];
      for (std::int64_t t = T - 1; t >= 0; --t) {
        const std::int64_t at = (t * N + n) * H + j;
        double dh = s.from_above[index(at)];
        dh += t + 1 == T ? s.from_last[index(n * H + j)] : through_product(t + 1, n, j);
        const Unit d = backward(before, units[index(at)], dh, t, n, j, carried);
        for (std::int64_t g = 0; g < s.G; ++g) {
          const float got = s.gates[index(((t * N + n) * s.G + g) * H + j)];
          ASSERT_NEAR(got, d.gates[index(g)], kClose) << t << " " << n << " " << j << " gate " << g;
          const bool reset = s.kind == Recurrent::gru && g == 2;
          ASSERT_EQ(s.halves[index((t * N + n) * s.W + g * H + j)],
                    to_bf16(reset ? s.memory[index(at)] : got));
        }
        if (s.kind == Recurrent::gru) {
          ASSERT_NEAR(s.memory[index(at)], d.memory, kClose);
          d_extra[index(j)] += d.memory;
        }
        if (s.kind == Recurrent::lstm_peephole) {
          const double c = before.before(before.c0, before.memory, t, n, j);
          d_extra[index(j)] += d.gates[0] * c;
          d_extra[index(H + j)] += d.gates[1] * c;
          d_extra[index(2 * H + j)] += d.gates[3] * before.memory[index(at)];
        }
      }
      const double to_h0 = through_product(0, n, j) + (s.kind == Recurrent::gru ? carried : 0);
      ASSERT_NEAR(s.d_h0[index(n * H + j)], to_h0, kClose) << n << " " << j;
      if (s.is_lstm()) {
        ASSERT_NEAR(s.carried[index(n * H + j)], carried, kClose) << n << " " << j;
      }
    }
  }
  for (std::int64_t i = 0; i < (s.kind == Recurrent::gru ? H : 3 * H); ++i)
    ASSERT_NEAR(s.d_extra[index(i)], d_extra[index(i)], 10 * kClose) << i;

  for (const bool add : {true, false}) {
    const Floats dU = s.dU;
    kernels::recurrent_weights_bf16(s.sequence(), s.halves.data(), add, s.dU.data());
    for (std::int64_t i = 0; i < H; ++i) {
      for (std::int64_t k = 0; k < s.G * H; ++k) {
        double wanted = add ? dU[index(i * s.G * H + k)] : 0;
        for (std::int64_t t = 0; t < T; ++t)
          for (std::int64_t n = 0; n < N; ++n)
            wanted += rounded(s.before(s.h0, s.outputs, t, n, i)) *
                      from_bf16(s.halves[index((t * N + n) * s.W + k)]);
        ASSERT_NEAR(s.dU[index(i * s.G * H + k)], wanted, kClose) << add << " " << i << " " << k;
      }
    }
  }
}

TEST_P(RecurrentBf16, KeepsNothingForInferenceAndGivesTheSame) {
  const auto [T, N, H] = std::get<2>(GetParam());
  Sequence s(std::get<1>(GetParam()), T, N, H);
  kernels::recurrent_forward_bf16(s.sequence());
  Sequence bare(std::get<1>(GetParam()), T, N, H);
  kernels::RecurrentSequence sequence = bare.sequence();
  sequence.gates = nullptr;
  if (!bare.is_lstm()) sequence.memory = nullptr;
  kernels::recurrent_forward_bf16(sequence);
  EXPECT_EQ(bare.outputs, s.outputs);
}

TEST_P(RecurrentBf16, GivesTheSameBitsWithAnyNumberOfThreads) {
  const auto [T, N, H] = std::get<2>(GetParam());
  Floats outputs, gates;
  for (const int threads : {1, 2, 3}) {
    Engine::get().set_threads(threads);
    Sequence s(std::get<1>(GetParam()), T, N, H);
    kernels::recurrent_forward_bf16(s.sequence());
    kernels::RecurrentGradients gradients;
    gradients.outputs = s.from_above.data();
    gradients.carried = s.carried.data();
    const Floats found = s.outputs;
    kernels::recurrent_backward_bf16(s.sequence(), gradients, s.halves.data());
    if (threads == 1) {
      outputs = found;
      gates = s.gates;
    }
    EXPECT_EQ(found, outputs);
    EXPECT_EQ(s.gates, gates);
  }
}

std::string name_of_test(const testing::TestParamInfo<Parameters>& test) {
  constexpr std::array names{"rnn", "relu", "lstm", "peephole", "gru"};
  const auto& [target, kind, sizes] = test.param;
  return target + "_" + names[static_cast<std::size_t>(kind)] + "_" + std::to_string(sizes[2]);
}

INSTANTIATE_TEST_SUITE_P(
    EveryTarget, RecurrentBf16,
    testing::Combine(testing::ValuesIn(Engine::get().vector_targets()),
                     testing::Values(Recurrent::rnn_tanh, Recurrent::rnn_relu, Recurrent::lstm,
                                     Recurrent::lstm_peephole, Recurrent::gru),
                     // Odd widths, more rows than are done in one go, more than one panel.
                     testing::Values(std::array<std::int64_t, 3>{3, 5, 7},
                                     std::array<std::int64_t, 3>{2, 101, 6},
                                     std::array<std::int64_t, 3>{3, 4, 77})),
    name_of_test);

}  // namespace
}  // namespace unroll
