// The kernels of attention in float, for every instruction set, against those in double; those are
// compared with finite differences in tests/autodiff.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels_lanes.hpp>

namespace unroll {
namespace {

using kernels::Lanes;

class LaneKernels : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { Engine::get().use_vector_target(GetParam()); }
  void TearDown() override { Engine::get().use_vector_target({}); }
};

// The same random values as float and as double.
struct Values {
  std::vector<float> single;
  std::vector<double> exact;

  Values(std::int64_t count, const char* name) {
    RandomStream random(1, name);
    for (std::int64_t i = 0; i < count; ++i) {
      single.push_back(static_cast<float>(random.uniform(-1, 1)));
      exact.push_back(double{single.back()});
    }
  }
};

void expect_alike(const Values& values, const char* what) {
  for (std::size_t i = 0; i < values.exact.size(); ++i) {
    ASSERT_NEAR(values.single[i], values.exact[i], 1e-5 * (1 + std::abs(values.exact[i])))
        << what << ' ' << i;
  }
}

// One step and few go row by row, many by matrix products; 1 … 70 columns meet every tail.
TEST_P(LaneKernels, AgreeWithDouble) {
  const std::vector<std::int32_t> lengths{7, 0, 1, 5};
  const std::int64_t S = 7, N = 4;
  for (const std::int64_t T : {1, 3, 6}) {
    for (const std::int64_t K : {1, 5, 16, 33, 70}) {
      for (const bool add : {false, true}) {
        const Lanes lanes{T, S, N, lengths.data()};
        const Values a(T * N * K, "a"), b(S * N * K, "b"), v(K, "v"), w(T * N * S, "w");
        const auto check = [&](const char* what, std::int64_t count, auto kernel) {
          Values y(count, "y");
          kernel(a.single.data(), b.single.data(), v.single.data(), w.single.data(),
                 y.single.data());
          kernel(a.exact.data(), b.exact.data(), v.exact.data(), w.exact.data(), y.exact.data());
          expect_alike(y, what);
        };
        check("dots", T * N * S, [&](auto pa, auto pb, auto, auto, auto y) {
          kernels::lane_dots(lanes, K, pa, pb, y, add);
        });
        check("sums", T * N * K, [&](auto, auto pb, auto, auto pw, auto y) {
          kernels::lane_sums(lanes, K, pw, pb, y, add);
        });
        check("spreads", S * N * K, [&](auto pa, auto, auto, auto pw, auto y) {
          kernels::lane_spreads(lanes, K, pw, pa, y, add);
        });
        check("scores", T * N * S, [&](auto pa, auto pb, auto pv, auto, auto y) {
          kernels::additive_scores(lanes, K, pa, pb, pv, y);
        });
        // All three gradients one after another.
        check("gradients", (T * N + S * N + N) * K,
              [&](auto pa, auto pb, auto pv, auto pw, auto y) {
                kernels::additive_gradients(lanes, K, pa, pb, pv, pw, y, y + T * N * K, add,
                                            y + (T + S) * N * K);
              });
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, LaneKernels, testing::ValuesIn(Engine::get().vector_targets()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace unroll
