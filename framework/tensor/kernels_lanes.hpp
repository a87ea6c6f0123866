// What attention computes of each lane by itself: products between the steps that ask and the
// positions that are looked at, and the scores of additive attention.
//
// T steps ask, S positions are looked at, N lanes; arrays are dense and row-major, [T, N, …] and
// [S, N, …], of float or double. Lanes are shared out to the engine's threads; results do not
// depend on how many.
#pragma once

#include <cstdint>

namespace unroll::kernels {

struct Lanes {
  std::int64_t steps = 0, positions = 0, lanes = 0;
  /// [N], 0 … S: the positions of each lane that count. What lies beyond is not read, and is
  /// written as zero. Null: all.
  const std::int32_t* lengths = nullptr;

  std::int64_t length(std::int64_t n) const { return lengths == nullptr ? positions : lengths[n]; }
};

// Three products that are each other's gradients; all overwrite y, or add to it when `add`.
/// y[t, n, s] = a[t, n] · b[s, n]; a [T, N, K], b [S, N, K], y [T, N, S].
template <typename T>
void lane_dots(const Lanes& lanes, std::int64_t K, const T* a, const T* b, T* y, bool add);
/// y[t, n] = sum over s of w[t, n, s] b[s, n]; w [T, N, S], b [S, N, K], y [T, N, K].
template <typename T>
void lane_sums(const Lanes& lanes, std::int64_t K, const T* w, const T* b, T* y, bool add);
/// y[s, n] = sum over t of w[t, n, s] a[t, n]; w [T, N, S], a [T, N, K], y [S, N, K].
template <typename T>
void lane_spreads(const Lanes& lanes, std::int64_t K, const T* w, const T* a, T* y, bool add);

/// y[t, n, s] = v · tanh(a[t, n] + b[s, n]); a [T, N, K], b [S, N, K], v [K], y [T, N, S].
template <typename T>
void additive_scores(const Lanes& lanes, std::int64_t K, const T* a, const T* b, const T* v, T* y);
/// Its gradients; the tanh are computed again. da [T, N, K] is overwritten, db [S, N, K] too or
/// added to when `add`; dv is left as a row for each lane, [N, K].
template <typename T>
void additive_gradients(const Lanes& lanes, std::int64_t K, const T* a, const T* b, const T* v,
                        const T* dy, T* da, T* db, bool add, T* dv);

}  // namespace unroll::kernels
