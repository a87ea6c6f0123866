// Values stored in fixtures, and ours held against them.
#pragma once

#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include <unroll/autodiff/graph.hpp>
#include <unroll/results/hdf5.hpp>

namespace unroll::test {

/// The stored array as a tensor; an empty one where it is not there.
inline Tensor tensor_of(const Archive& stored, const std::string& name, DType type = DType::f64) {
  if (!stored.has(name)) return {};
  const std::vector<double> values = as_doubles(stored.array(name));
  return Tensor::of<double>(Shape(stored.array(name).shape), values).to(type);
}

/// Each within `tolerance` times one more than the wanted magnitude.
inline void expect_near(const Tensor& ours, const Tensor& theirs, double tolerance,
                        const std::string& what) {
  ASSERT_EQ(ours.size(), theirs.size()) << what;
  const Tensor x = ours.to(DType::f64);
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double wanted = theirs.data<double>()[i];
    EXPECT_NEAR(x.data<double>()[i], wanted, tolerance * (1 + std::abs(wanted)))
        << what << ' ' << i;
  }
}

}  // namespace unroll::test
