// The cells' equations once more as plain loops over single numbers, written independently.
#include <cmath>
#include <functional>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

constexpr std::int64_t T = 5, N = 3, I = 4, H = 6;

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

/// Reads W[row][gate * H + j] of a lone cell.
class Weights {
 public:
  explicit Weights(const ParameterStore& store) : store_(store) {}

  double operator()(const char* name, std::int64_t row, std::int64_t column) const {
    const Tensor& value = store_.find(name)->value();
    return value.data<double>()[row * value.dim(-1) + column];
  }
  /// Sum over k of x[k] M[k][column].
  double dot(const std::vector<double>& x, const char* name, std::int64_t column) const {
    double total = 0;
    for (std::size_t k = 0; k < x.size(); ++k)
      total += x[k] * (*this)(name, static_cast<std::int64_t>(k), column);
    return total;
  }

 private:
  const ParameterStore& store_;
};

using Vector = std::vector<double>;
/// One step of one sequence: x, h and c before; h and c become those after.
using Step = std::function<void(const Weights&, const Vector& x, Vector& h, Vector& c)>;

void rnn(const Weights& w, const Vector& x, Vector& h, Vector&, bool relu) {
  Vector next(H);
  for (std::int64_t j = 0; j < H; ++j) {
    const double a = w.dot(x, "W", j) + w.dot(h, "U", j) + w("b", 0, j);
    next[static_cast<std::size_t>(j)] = relu ? std::max(0.0, a) : std::tanh(a);
  }
  h = next;
}

void lstm(const Weights& w, const Vector& x, Vector& h, Vector& c, bool peepholes,
          bool projection) {
  Vector out(H);
  const Vector before = c;
  for (std::int64_t j = 0; j < H; ++j) {
    const auto a = [&](std::int64_t gate) {
      return w.dot(x, "W", gate * H + j) + w.dot(h, "U", gate * H + j) + w("b", 0, gate * H + j);
    };
    const auto at = static_cast<std::size_t>(j);
    const auto peep = [&](int row, double memory) {
      return peepholes ? w("P", row, j) * memory : 0.0;
    };
    c[at] = logistic(a(1) + peep(1, before[at])) * before[at] +
            logistic(a(0) + peep(0, before[at])) * std::tanh(a(2));
    out[at] = logistic(a(3) + peep(2, c[at])) * std::tanh(c[at]);
  }
  if (!projection) {
    h = out;
    return;
  }
  for (std::size_t p = 0; p < h.size(); ++p) h[p] = w.dot(out, "R", static_cast<std::int64_t>(p));
}

void gru(const Weights& w, const Vector& x, Vector& h, Vector&, bool after) {
  Vector z(H), reset(H), next(H);
  const auto a = [&](std::int64_t gate, std::int64_t j) {
    return w.dot(x, "W", gate * H + j) + w("b", 0, gate * H + j);
  };
  for (std::int64_t j = 0; j < H; ++j) {
    z[static_cast<std::size_t>(j)] = logistic(a(0, j) + w.dot(h, "U", j));
    reset[static_cast<std::size_t>(j)] = logistic(a(1, j) + w.dot(h, "U", H + j));
  }
  Vector kept = h;
  for (std::size_t k = 0; k < kept.size(); ++k) kept[k] *= reset[k];
  for (std::int64_t j = 0; j < H; ++j) {
    const auto at = static_cast<std::size_t>(j);
    const double n =
        std::tanh(a(2, j) + (after ? reset[at] * (w.dot(h, "U", 2 * H + j) + w("bn", 0, j))
                                   : w.dot(kept, "U", 2 * H + j)));
    next[at] = (1 - z[at]) * n + z[at] * h[at];
  }
  h = next;
}

Step equations_of(const Variant& variant) {
  return [variant](const Weights& w, const Vector& x, Vector& h, Vector& c) {
    if (variant.cell == "rnn") {
      rnn(w, x, h, c, variant.value == "relu");
    } else if (variant.cell == "lstm") {
      lstm(w, x, h, c, variant.option == "peepholes", variant.option == "projection");
    } else {
      gru(w, x, h, c, variant.value != "before");
    }
  };
}

class CellEquations : public testing::TestWithParam<Variant> {};

TEST_P(CellEquations, AreWhatTheCellComputes) {
  LoneCell lone(GetParam(), {I, H, {}}, DType::f64);
  const Tensor x = random_tensor({T, N, I}, "x");
  const std::vector<Tensor> initial = lone.initial(N);
  Graph graph;
  State state;
  for (const Tensor& part : initial) state.push_back(graph.constant(part));
  const Tensor outputs = lone.cell->run(graph.constant(x), state).outputs.value();

  const auto row = [](const Tensor& tensor, std::int64_t n) {
    const auto values = tensor[n].span<double>();
    return Vector(values.begin(), values.end());
  };
  const Step step = equations_of(GetParam());
  for (std::int64_t n = 0; n < N; ++n) {
    Vector h = row(initial[0], n), c = row(initial.back(), n);
    for (std::int64_t t = 0; t < T; ++t) {
      step(Weights(lone.store), row(x[t], n), h, c);
      for (std::size_t j = 0; j < h.size(); ++j)
        ASSERT_NEAR(outputs[t][n].data<double>()[j], h[j], 1e-12) << "t " << t << " n " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, CellEquations, testing::ValuesIn(variants()), label_of);

}  // namespace
}  // namespace unroll::test
