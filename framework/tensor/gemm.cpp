#include <unroll/tensor/gemm.hpp>

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/onednn.hpp>
#include <unroll/tensor/product_count.hpp>

namespace unroll {
namespace {

template <typename T>
void scale_rows(std::int64_t M, std::int64_t N, T beta, T* C, std::int64_t ldc) {
  for (std::int64_t m = 0; m < M; ++m) {
    T* row = C + m * ldc;
    if (beta == T(0)) {
      std::fill(row, row + N, T(0));
    } else if (beta != T(1)) {
      for (std::int64_t n = 0; n < N; ++n) row[n] *= beta;
    }
  }
}

// Products below about 20 us of one core are not shared: waking the other threads and bringing them
// the operands takes longer, and when other programs keep the cores busy, thousands of times
// longer.
constexpr std::int64_t kWorthSharing = std::int64_t{1} << 21;

// How many threads oneDNN may use until the end of the scope.
class Threads {
 public:
  explicit Threads(int count) : before_(omp_get_max_threads()) { set(count); }
  ~Threads() { set(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  void set(int count) const {
    if (count != omp_get_max_threads()) omp_set_num_threads(count);
  }
  int before_;
};

}  // namespace

void gemm(bool transpose_a, bool transpose_b, std::int64_t M, std::int64_t N, std::int64_t K,
          float alpha, const float* A, std::int64_t lda, const float* B, std::int64_t ldb,
          float beta, float* C, std::int64_t ldc) {
  if (M == 0 || N == 0) return;
  if (K == 0 || alpha == 0.0f) {
    scale_rows(M, N, beta, C, ldc);
    return;
  }
  count_product(M, N, K);
  const Threads threads(M * N * K < kWorthSharing ? 1 : omp_get_max_threads());
  const auto status = dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', M, N, K, alpha,
                                 A, lda, B, ldb, beta, C, ldc);
  if (status == dnnl_out_of_memory) throw std::bad_alloc();
  if (status != dnnl_success) {
    throw std::invalid_argument(
        fmt::format("oneDNN refused the product M={} N={} K={} lda={} ldb={} ldc={} (status {})", M,
                    N, K, lda, ldb, ldc, static_cast<int>(status)));
  }
}

void gemm(bool transpose_a, bool transpose_b, std::int64_t M, std::int64_t N, std::int64_t K,
          double alpha, const double* A, std::int64_t lda, const double* B, std::int64_t ldb,
          double beta, double* C, std::int64_t ldc) {
  scale_rows(M, N, beta, C, ldc);
  for (std::int64_t m = 0; m < M; ++m) {
    double* row = C + m * ldc;
    if (transpose_b) {
      for (std::int64_t n = 0; n < N; ++n) {
        double sum = 0;
        for (std::int64_t k = 0; k < K; ++k) {
          sum += (transpose_a ? A[k * lda + m] : A[m * lda + k]) * B[n * ldb + k];
        }
        row[n] += alpha * sum;
      }
    } else {
      for (std::int64_t k = 0; k < K; ++k) {
        const double a = alpha * (transpose_a ? A[k * lda + m] : A[m * lda + k]);
        const double* b = B + k * ldb;
        for (std::int64_t n = 0; n < N; ++n) row[n] += a * b[n];
      }
    }
  }
}

}  // namespace unroll
