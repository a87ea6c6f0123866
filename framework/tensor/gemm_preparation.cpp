#include <unroll/tensor/gemm_preparation.hpp>

#include <vector>

#include <unroll/tensor/gemm.hpp>

namespace unroll {
namespace {

// Large enough for oneDNN's blocked kernels, too small to be shared among threads.
constexpr std::int64_t kSide = 64;

void multiply() noexcept {
  try {
    const std::vector<float> zeros(kSide * kSide);
    std::vector<float> product(zeros.size());
    gemm(false, false, kSide, kSide, kSide, 1.0F, zeros.data(), kSide, zeros.data(), kSide, 0.0F,
         product.data(), kSide);
  } catch (...) {  // what fails here fails again where somebody can be told
  }
}

}  // namespace

GemmPreparation::GemmPreparation() : thread_(multiply) {}

}  // namespace unroll
