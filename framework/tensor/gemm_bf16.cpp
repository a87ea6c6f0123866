#include <algorithm>

#include <unroll/tensor/bf16_packing.hpp>
#include <unroll/tensor/bf16_tiles.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm_bf16.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/product_count.hpp>
#include <unroll/tensor/tensor.hpp>

namespace unroll {
namespace {

using namespace bf16;

constexpr std::int64_t kPanel = kBlock * kPanelBlocks;  ///< columns
constexpr std::int64_t kDepth = 512;  ///< k in one go: a panel stays in the L2 cache
constexpr std::int64_t kRows = 96;    ///< of A in one go, likewise
constexpr std::int64_t kPanels = 8;   ///< of B packed in one go
/// Products below about 10 us of one core are not shared: waking the other threads takes longer.
constexpr std::int64_t kWorthSharing = std::int64_t{1} << 20;
constexpr std::int64_t kWorthPacking = std::int64_t{1} << 16;  ///< elements, likewise

constexpr std::int64_t ceiling(std::int64_t count, std::int64_t grain) {
  return (count + grain - 1) / grain;
}

Tensor room(std::int64_t values) {
  return Tensor::empty({ceiling(values, 2)});
}
Bf16* values_of(const Tensor& tensor) {
  return static_cast<Bf16*>(tensor.raw());
}

template <typename Function>
void with_matrix(const Bf16Operand& operand, Function&& f) {
  if (operand.floats != nullptr)
    f(Matrix<float>{operand.floats, operand.stride});
  else
    f(Matrix<Bf16>{operand.halves, operand.stride});
}

constexpr std::int64_t kChunk = kRows * kDepth;  ///< values
static_assert(kRows % kBlock == 0 && kDepth % 2 == 0);

/// Part of op(A): rows begin … begin+rows-1, k from k0 on, in chunks of kRows.
void pack_rows(const Bf16Operand& A, std::int64_t begin, std::int64_t rows, std::int64_t k0,
               std::int64_t depth, Bf16* out) {
  with_matrix(A, [&](const auto& matrix) {
    if (A.transposed)
      pack_panels(matrix.from(k0, begin), depth, rows, kRows, kChunk, out);
    else
      for (std::int64_t row = 0; row < rows; row += kRows)
        round_rows(matrix.from(begin + row, k0), std::min(kRows, rows - row), depth,
                   out + row / kRows * kChunk);
  });
}

/// Part of op(B): columns begin … begin+columns-1, k from k0 on, in panels one after another.
void pack_columns(const Bf16Operand& B, std::int64_t begin, std::int64_t columns, std::int64_t k0,
                  std::int64_t depth, Bf16* out) {
  with_matrix(B, [&](const auto& matrix) {
    if (!B.transposed)
      return pack_panels(matrix.from(k0, begin), depth, columns, kPanel, kPanel * kDepth, out);
    for (std::int64_t column = 0; column < columns; column += kPanel)
      pack_panel_across(matrix.from(begin + column, k0), depth, std::min(kPanel, columns - column),
                        out + column * kDepth);
  });
}

struct Job {
  std::int64_t M, N, K;
  const Bf16Operand& A;
  const Bf16Result& result;

  std::int64_t panels() const { return ceiling(N, kPanel); }
  std::int64_t depths() const { return ceiling(K, kDepth); }
  std::int64_t depth(std::int64_t k) const { return std::min(kDepth, K - k * kDepth); }
  std::int64_t columns(std::int64_t panel) const { return std::min(kPanel, N - panel * kPanel); }
  std::int64_t threads() const { return M * N * K < kWorthSharing ? 1 : Engine::get().threads(); }
};

/// Calls f for each task, in several threads if these are.
template <typename Function>
void for_tasks(std::int64_t threads, std::int64_t tasks, const Function& f) {
  if (threads > 1) return parallel_for(tasks, f);
  for (std::int64_t task = 0; task < tasks; ++task) f(task);
}

/// Rows from `first` on, as pack_rows left them, times one panel at depth k.
void multiply_part(const Job& job, const Bf16* rows, std::int64_t first, std::int64_t count,
                   const Bf16* columns, std::int64_t panel, std::int64_t k) {
  Product product;
  product.panel = columns;
  product.rows = count;
  product.columns = job.columns(panel);
  product.pairs = pairs_of(job.depth(k));
  product.add = job.result.add || k > 0;
  product.out = job.result.C + first * job.result.stride + panel * kPanel;
  product.out_row = job.result.stride;
  if (job.result.bias != nullptr && k == 0) product.bias = job.result.bias + panel * kPanel;
  if (job.A.transposed)
    product.a = {rows, 2, 2 * kBlock * blocks_of(count)};
  else
    product.a = {rows, 2 * product.pairs, 2};
  multiply(product);
}

Bf16* panel_of(const Bf16Packed& B, std::int64_t panel, std::int64_t k) {
  return values_of(B.values) + (k * ceiling(B.N, kPanel) + panel) * kPanel * kDepth;
}

/// Threads share the rows of A, or the columns of B where rows are few. Each rounds what it needs
/// of A, a chunk at a time.
void multiply_packed(const Job& job, const Bf16Packed& B) {
  const std::int64_t threads = job.threads();
  const bool by_rows = job.M >= threads * kRows;
  const std::int64_t shares = by_rows ? threads : std::min(threads, job.panels());
  const Tensor chunks = room(shares * kChunk);
  for_tasks(shares, shares, [&](std::int64_t share) {
    Bf16* const own = values_of(chunks) + share * kChunk;
    const auto part = [&](std::int64_t all, bool shared, std::int64_t index) {
      return shared ? all * index / shares : index == share ? 0 : all;
    };
    const std::int64_t end = part(job.M, by_rows, share + 1);
    const std::int64_t last = part(job.panels(), !by_rows, share + 1);
    for (std::int64_t row = part(job.M, by_rows, share); row < end; row += kRows) {
      const std::int64_t count = std::min(kRows, end - row);
      for (std::int64_t k = 0; k < job.depths(); ++k) {
        pack_rows(job.A, row, count, k * kDepth, job.depth(k), own);
        for (std::int64_t panel = part(job.panels(), !by_rows, share); panel < last; ++panel)
          multiply_part(job, own, row, count, panel_of(B, panel, k), panel, k);
      }
    }
  });
}

/// Threads share the columns of B, which is the larger one: A is packed once, panels of B by who
/// uses them, some at a time.
void multiply_by_columns(const Job& job, const Bf16Operand& B) {
  const std::int64_t chunks = ceiling(job.M, kRows), depths = job.depths();
  const std::int64_t threads = job.threads();
  const auto rows_of = [&](std::int64_t chunk) { return std::min(kRows, job.M - chunk * kRows); };
  const Tensor packed = room(chunks * depths * kChunk);
  const auto chunk_at = [&](std::int64_t chunk, std::int64_t k) {
    return values_of(packed) + (k * chunks + chunk) * kChunk;
  };
  for_tasks(threads, depths, [&](std::int64_t k) {
    pack_rows(job.A, 0, job.M, k * kDepth, job.depth(k), chunk_at(0, k));
  });
  const Tensor panels = room(threads * kPanels * kPanel * kDepth);
  for_tasks(threads, threads, [&](std::int64_t share) {
    const auto own = [&](std::int64_t index) {
      return values_of(panels) + (share * kPanels + index) * kPanel * kDepth;
    };
    const std::int64_t end = job.panels() * (share + 1) / threads;
    for (std::int64_t first = job.panels() * share / threads; first < end; first += kPanels) {
      const std::int64_t last = std::min(first + kPanels, end);
      for (std::int64_t k = 0; k < depths; ++k) {
        pack_columns(B, first * kPanel, std::min(last * kPanel, job.N) - first * kPanel, k * kDepth,
                     job.depth(k), own(0));
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
          for (std::int64_t panel = first; panel < last; ++panel)
            multiply_part(job, chunk_at(chunk, k), chunk * kRows, rows_of(chunk),
                          own(panel - first), panel, k);
      }
    }
  });
}

/// What a product of nothing leaves.
void finish_empty(const Job& job) {
  for (std::int64_t row = 0; row < job.M; ++row) {
    float* const C = job.result.C + row * job.result.stride;
    if (!job.result.add) std::fill_n(C, job.N, 0.0f);
    for (std::int64_t n = 0; n < job.N && job.result.bias != nullptr; ++n)
      C[n] += job.result.bias[n];
  }
}

}  // namespace

Bf16Packed pack_bf16(std::int64_t K, std::int64_t N, const Bf16Operand& B) {
  const std::int64_t panels = ceiling(N, kPanel), depths = ceiling(K, kDepth);
  Bf16Packed packed{K, N, room(panels * depths * kPanel * kDepth)};
  const std::int64_t groups = ceiling(panels, kPanels);
  for_tasks(K * N < kWorthPacking ? 1 : 2, groups * depths, [&](std::int64_t task) {
    const std::int64_t first = task % groups * kPanels, k = task / groups;
    pack_columns(B, first * kPanel, std::min(kPanels * kPanel, N - first * kPanel), k * kDepth,
                 std::min(kDepth, K - k * kDepth), panel_of(packed, first, k));
  });
  return packed;
}

void gemm_bf16(std::int64_t M, const Bf16Operand& A, const Bf16Packed& B,
               const Bf16Result& result) {
  const Job job{M, B.N, B.K, A, result};
  if (M == 0 || B.N == 0) return;
  if (B.K == 0) return finish_empty(job);
  count_product(M, B.N, B.K);
  multiply_packed(job, B);
}

void gemm_bf16(std::int64_t M, std::int64_t N, std::int64_t K, const Bf16Operand& A,
               const Bf16Operand& B, const Bf16Result& result) {
  const Job job{M, N, K, A, result};
  if (M == 0 || N == 0) return;
  if (K == 0) return finish_empty(job);
  const std::int64_t threads = job.threads();
  if (N > M && threads > 1 && job.panels() >= threads)
    multiply_by_columns(job, B);
  else
    multiply_packed(job, pack_bf16(K, N, B));
  count_product(M, N, K);
}

bool has_bf16_instruction() noexcept {
  return bf16::uses_instruction();
}

}  // namespace unroll
