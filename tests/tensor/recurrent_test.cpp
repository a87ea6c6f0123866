// The kernels of recurrences on every instruction set there is: their gates against plain
// arithmetic in double, and whole sequences, forward and backward, against the scalar code.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels_recurrent.hpp>

namespace unroll {
namespace {

using kernels::Recurrent;
using Floats = std::vector<float>;

class RecurrentKernels : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { Engine::get().use_vector_target(GetParam()); }
  void TearDown() override { Engine::get().use_vector_target({}); }
};

Floats noise(std::int64_t count, const char* name, double scale = 1) {
  RandomStream random(1, name);
  Floats values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random.uniform(-scale, scale));
  return values;
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

TEST_P(RecurrentKernels, GatesAreAccurate) {
  constexpr std::int64_t T = 2, N = 7, H = 53;
  // With U = 0 the gates are functions of the projection alone.
  const Floats U(H * 4 * H, 0.0f), zeros(N * H, 0.0f);
  Floats projected = noise(T * N * 4 * H, "x", 12);
  for (std::size_t i = 0; i < 400; ++i) projected[i * 7] *= 1e-4f;
  const Floats far{100.0f, -100.0f, 1e30f, -1e30f, INFINITY, -INFINITY, 0.0f, -0.0f};
  std::copy(far.begin(), far.end(), projected.begin() + 4 * H);
  Floats gates(projected.size()), memory(T * N * H), outputs(T * N * H);
  kernels::RecurrentSequence s;
  s.kind = Recurrent::lstm;
  s.steps = T;
  s.batch = N;
  s.hidden = H;
  s.U = U.data();
  s.h0 = s.c0 = zeros.data();
  s.projected = projected.data();
  s.gates = gates.data();
  s.memory = memory.data();
  s.outputs = outputs.data();
  kernels::recurrent_forward(s);
  for (std::size_t i = 0; i < projected.size(); ++i) {
    const double x = double{projected[i]};
    if (i / H % 4 == 2) {
      ASSERT_NEAR(gates[i], std::tanh(x), 1e-6 * std::abs(std::tanh(x))) << "tanh " << x;
    } else {
      ASSERT_NEAR(gates[i], sigmoid(x), 2e-7) << "sigmoid " << x;
    }
  }
  projected[3] = NAN;
  kernels::recurrent_forward(s);
  EXPECT_TRUE(std::isnan(gates[3]));
  EXPECT_TRUE(std::isnan(outputs[3]));
}

struct Shape {
  Recurrent kind;
  std::int64_t T, N, H;
  bool one_hot;
};

/// All that a sequence leaves behind, one after another.
Floats pass(const Shape& shape) {
  const std::int64_t T = shape.T, N = shape.N, H = shape.H, classes = 5;
  const std::int64_t width = kernels::gates_of(shape.kind) * H;
  const Floats U = noise(H * width, "U", 0.4), extra = noise(3 * H, "extra");
  const Floats h0 = noise(N * H, "h0"), c0 = noise(N * H, "c0"), up = noise(T * N * H, "up");
  const Floats projected = noise((shape.one_hot ? classes + 1 : T * N) * width, "projected");
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < T * N; ++i) ids.push_back(static_cast<std::int32_t>(i * 5 % 7 - 1));
  Floats gates(static_cast<std::size_t>(T * N * width), 0.0f);
  Floats memory(static_cast<std::size_t>(T * N * H), 0.0f), outputs = memory, carried = h0;
  Floats dh0(h0.size()), dextra(3 * static_cast<std::size_t>(H), 0.0f), dU(U.size());
  Floats table(shape.one_hot ? projected.size() : 0);
  kernels::RecurrentSequence s;
  s.kind = shape.kind;
  s.steps = T;
  s.batch = N;
  s.hidden = H;
  s.U = U.data();
  s.extra = extra.data();
  s.h0 = h0.data();
  s.c0 = c0.data();
  s.projected = projected.data();
  s.gates = gates.data();
  s.memory = memory.data();
  s.outputs = outputs.data();
  if (shape.one_hot) {
    s.ids = ids.data();
    s.classes = classes;
  }
  kernels::recurrent_forward(s);
  Floats all = outputs;
  kernels::RecurrentGradients g;
  g.outputs = up.data();
  g.last_h = h0.data();
  g.carried = carried.data();
  g.h0 = dh0.data();
  if (shape.kind == Recurrent::gru || shape.kind == Recurrent::lstm_peephole)
    g.extra = dextra.data();
  if (shape.one_hot) g.table = table.data();
  kernels::recurrent_backward(s, g);
  kernels::recurrent_weights(s, false, dU.data());
  for (const Floats* part : {&gates, &memory, &carried, &dh0, &dextra, &dU, &table})
    all.insert(all.end(), part->begin(), part->end());
  return all;
}

TEST_P(RecurrentKernels, WholeSequencesAreThoseOfTheScalarCode) {
  for (const Recurrent kind : {Recurrent::rnn_tanh, Recurrent::rnn_relu, Recurrent::lstm,
                               Recurrent::lstm_peephole, Recurrent::gru}) {
    for (const auto& [N, H] : {std::pair{3, 5}, {13, 21}, {16, 64}, {9, 70}}) {
      for (const bool one_hot : {false, true}) {
        const Shape shape{kind, 4, N, H, one_hot};
        const Floats got = pass(shape);
        Engine::get().use_vector_target(Engine::get().vector_targets().back());
        const Floats scalar = pass(shape);
        Engine::get().use_vector_target(GetParam());
        ASSERT_EQ(got.size(), scalar.size());
        for (std::size_t i = 0; i < got.size(); ++i)
          ASSERT_NEAR(got[i], scalar[i], 1e-5 * (1 + std::abs(scalar[i])))
              << "kind " << static_cast<int>(kind) << " N " << N << " H " << H << " one-hot "
              << one_hot << " at " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, RecurrentKernels,
                         testing::ValuesIn(Engine::get().vector_targets()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace unroll
