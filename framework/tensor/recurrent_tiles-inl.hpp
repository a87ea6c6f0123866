// Tiles of R rows and C vectors of a product whose right-hand side was packed beforehand, kept in
// registers from the first multiplication to the last nonlinearity. Part of
// kernels_recurrent_*.cpp.
//
// A panel is C vectors of columns; packed, its K rows of C * kLanes floats lie one after another.
// Columns beyond the matrix are zero.

#if defined(UNROLL_TENSOR_RECURRENT_TILES_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_TENSOR_RECURRENT_TILES_INL_HPP_
#undef UNROLL_TENSOR_RECURRENT_TILES_INL_HPP_
#else
#define UNROLL_TENSOR_RECURRENT_TILES_INL_HPP_
#endif

#include <unroll/tensor/recurrent_steps-inl.hpp>
#include <unroll/tensor/vector_math-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::recurrent::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace math = vector_math::HWY_NAMESPACE;
using namespace steps::HWY_NAMESPACE;

#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
constexpr bool kManyRegisters = true;  ///< 32 rather than 16
#else
constexpr bool kManyRegisters = false;
#endif
/// Rows of a tile with C vectors: as many as the registers hold beside a row of the panel.
template <int C>
constexpr int kMaxRows = kManyRegisters ? (C == 3 ? 8 : 6) : (C == 3 ? 4 : 3);
/// Fewer, where gates are computed from a tile's sums while these keep their registers.
template <int C>
constexpr int kGateRows = std::min(kMaxRows<C>, C == 3 ? 6 : 4);

constexpr std::int64_t kRowsAhead = 6;              ///< of a panel, fetched before their use
constexpr std::int64_t kUnpackedRows = 4;           ///< at most, for a single step without packing
constexpr std::int64_t kParallelProduct = 1 << 18;  ///< elements from which a row uses threads
constexpr std::int64_t kChunk = 256;                ///< columns a thread takes then

/// Calls f(i) for 0 … N-1: vectors that are computed in lockstep.
template <int N, class Function>
HWY_INLINE void ForEach(const Function& f) {
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) f(i);
}

/// A panel holds C blocks of neighbouring columns when there is one gate (width == H), otherwise
/// the same block of columns of each of C gates.
HWY_INLINE std::int64_t Panels(std::int64_t H, std::int64_t width, int C) {
  const std::int64_t columns = width == H ? C * kLanes : kLanes;
  return (H + columns - 1) / columns;
}

/// The first column of vector c of a panel; `width` or more if it is beyond the matrix.
HWY_INLINE std::int64_t ColumnOf(std::int64_t panel, int c, std::int64_t H, std::int64_t width,
                                 int C) {
  return width == H ? (panel * C + c) * kLanes : c * H + panel * kLanes;
}

/// Are all vectors of a panel within the matrix?
HWY_INLINE bool IsWhole(std::int64_t panel, std::int64_t H, std::int64_t width, int C) {
  return (panel + 1) * (width == H ? C * kLanes : kLanes) <= H;
}

/// kLanes neighbouring units, all of which exist, or only the first `left`: the rest are read as
/// zero and not written.
template <bool kWhole>
struct Units {
  std::int64_t left;
  HWY_INLINE V Load(const float* from) const {
    if constexpr (kWhole) return hn::LoadU(kD, from);
    return steps::HWY_NAMESPACE::Load(from, left);
  }
  HWY_INLINE void Store(V value, float* to) const {
    if constexpr (kWhole)
      hn::StoreU(value, kD, to);
    else
      steps::HWY_NAMESPACE::Store(value, to, left);
  }
};

/// U [H, width] in panels, each [H][C * kLanes].
inline Tensor PackColumns(const float* U, std::int64_t H, std::int64_t width, int C) {
  const std::int64_t panels = Panels(H, width, C);
  Tensor packed = Tensor::empty({panels, H, C * kLanes});
  float* const all = packed.data<float>();
  parallel_for(panels, [&](std::int64_t panel) {
    for (std::int64_t k = 0; k < H; ++k) {
      float* const row = all + (panel * H + k) * C * kLanes;
      for (int c = 0; c < C; ++c) {
        const std::int64_t column = ColumnOf(panel, c, H, width, C);
        const std::int64_t left = width == H ? H - column : H - panel * kLanes;
        const V value = left > 0 ? Load(U + k * width + column, left) : Zero();
        hn::StoreU(value, kD, row + c * kLanes);
      }
    }
  });
  return packed;
}

/// The transpose of U [H, width] in panels of C blocks of neighbouring rows of U, each
/// [width][C * kLanes].
inline Tensor PackRows(const float* U, std::int64_t H, std::int64_t width, int C) {
  const std::int64_t panels = Panels(H, H, C);
  Tensor packed = Tensor::zeros({panels, width, C * kLanes});
  float* const all = packed.data<float>();
  parallel_for(panels, [&](std::int64_t panel) {
    const std::int64_t first = panel * C * kLanes, count = std::min(C * kLanes, H - first);
    for (std::int64_t i = 0; i < count; ++i) {
      const float* const row = U + (first + i) * width;
      float* const column = all + panel * width * C * kLanes + i;
      for (std::int64_t k = 0; k < width; ++k) column[k * C * kLanes] = row[k];
    }
  });
  return packed;
}

/// Brings a line into the cache; any address will do.
HWY_INLINE void Fetch(const float* line) {
  __builtin_prefetch(line);
}

template <int R, int C>
HWY_INLINE void Clear(V (&acc)[R][C]) {
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) acc[r][c] = Zero();
  }
}

/// acc += a [R, K] times a packed panel [K, C * kLanes]; rows of a are `stride` apart. `ahead` is
/// brought into the cache meanwhile, one line of it for each k.
template <int R, int C>
HWY_INLINE void Multiply(const float* HWY_RESTRICT a, std::int64_t stride,
                         const float* HWY_RESTRICT panel, std::int64_t K, const float* ahead,
                         V (&acc)[R][C]) {
  for (std::int64_t k = 0; k < K; ++k, panel += C * kLanes) {
    __builtin_prefetch(ahead + k * kLine, 0, 2);
    V b[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
      __builtin_prefetch(panel + (kRowsAhead * C + c) * kLanes);
      b[c] = hn::LoadU(kD, panel + c * kLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const V x = hn::Set(kD, a[r * stride + k]);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) acc[r][c] = hn::MulAdd(x, b[c], acc[r][c]);
    }
  }
}

/// A panel [K, C * kLanes] of a packed matrix, and what its tiles fetch ahead: each another part of
/// the panel that comes next (after the last one the first, for the next time step), since a large
/// U comes from memory that is slower than the multiplication.
template <int C>
class Panel {
 public:
  Panel(const Tensor& packed, std::int64_t panel)
      : K_(packed.dim(1)),
        begin_(packed.data<float>() + panel * K_ * C * kLanes),
        next_(packed.data<float>() + (panel + 1) % packed.dim(0) * K_ * C * kLanes) {}

  const float* begin() const { return begin_; }
  /// What the next tile fetches: K lines.
  const float* ahead() {
    const std::int64_t part = fetched_++ * K_ * kLine;
    return part + K_ * kLine <= K_ * C * kLanes ? next_ + part : begin_;
  }

 private:
  std::int64_t K_;
  const float* begin_;
  const float* next_;
  std::int64_t fetched_ = 0;
};

/// y[begin … end-1] = x [K] times those columns of M [K, width]. y has room for kLanes more.
inline void RowTimesMatrix(const float* HWY_RESTRICT x, const float* HWY_RESTRICT M, std::int64_t K,
                           std::int64_t width, std::int64_t begin, std::int64_t end,
                           float* HWY_RESTRICT y) {
  constexpr std::int64_t kRows = 8;  // at a time, so that y is read and written less often
  std::fill(y + begin, y + end, 0.0f);
  std::int64_t k = 0;
  for (; k + kRows <= K; k += kRows) {
    const float* const rows = M + k * width;
    std::int64_t j = begin;
    for (; j + kLanes <= end; j += kLanes) {
      V sum = hn::LoadU(kD, y + j), other = Zero();
#pragma GCC unroll 8
      for (std::int64_t i = 0; i < kRows; i += 2) {
        sum = hn::MulAdd(hn::Set(kD, x[k + i]), hn::LoadU(kD, rows + i * width + j), sum);
        other =
            hn::MulAdd(hn::Set(kD, x[k + i + 1]), hn::LoadU(kD, rows + (i + 1) * width + j), other);
      }
      hn::StoreU(sum + other, kD, y + j);
    }
    for (; j < end; ++j)
      for (std::int64_t i = 0; i < kRows; ++i) y[j] += x[k + i] * rows[i * width + j];
  }
  for (; k < K; ++k)
    for (std::int64_t j = begin; j < end; ++j) y[j] += x[k] * M[k * width + j];
}

template <int R>
struct Rows {
  constexpr operator int() const { return R; }
};

/// Calls f(Rows<R>, row) for tiles that cover rows begin … end-1, as even as they can be.
template <int kMax, class Function>
HWY_INLINE void ForTiles(std::int64_t begin, std::int64_t end, const Function& f) {
  std::int64_t tiles = (end - begin + kMax - 1) / kMax;
  for (std::int64_t row = begin; tiles > 0; --tiles) {
    const std::int64_t rows = (end - row + tiles - 1) / tiles;
    switch (rows) {
      case 1:
        f(Rows<1>(), row);
        break;
      case 2:
        f(Rows<2>(), row);
        break;
      case 3:
        f(Rows<3>(), row);
        break;
      default:
        if constexpr (kMax > 3) {
          if (rows == 4) f(Rows<4>(), row);
        }
        if constexpr (kMax > 4) {
          if (rows == 5) f(Rows<5>(), row);
          if (rows == 6) f(Rows<6>(), row);
        }
        if constexpr (kMax > 6) {
          if (rows == 7) f(Rows<7>(), row);
          if (rows == 8) f(Rows<8>(), row);
        }
    }
    row += rows;
  }
}

/// Into how many shares a batch is cut: one for each thread, unless it is small.
template <int C>
std::int64_t Shares(std::int64_t batch) {
  const std::int64_t most = std::max<std::int64_t>(1, Engine::get().threads());
  return std::min(most, (batch + kMaxRows<C> - 1) / kMaxRows<C>);
}

/// Calls f(share, begin, end) for an even share of the batch in each thread.
template <int C, class Function>
void ForRows(std::int64_t batch, const Function& f) {
  const std::int64_t shares = Shares<C>(batch);
  parallel_for(shares, [&](std::int64_t share) {
    f(share, batch * share / shares, batch * (share + 1) / shares);
  });
}

}  // namespace unroll::recurrent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
