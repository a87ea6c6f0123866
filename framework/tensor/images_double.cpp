// The reference: plain loops in the order of the formulas.
#include <algorithm>

#include <unroll/tensor/images.hpp>

namespace unroll {
namespace {

// Calls f(n, p, q, place in the image, place in the window) for all pixels that lie under the
// window at (p, q) of image n.
template <typename Function>
void for_each_pixel(const WindowOverImages& over, Function&& f) {
  const auto [rows, columns] = over.window().size;
  const auto [down, right] = over.window().stride;
  const auto [above, left] = over.window().padding;
  const std::int64_t H = over.images().dim(2), W = over.images().dim(3);
  const Shape y = over.pooled();
  for (std::int64_t n = 0; n < y.dim(0); ++n)
    for (std::int64_t p = 0; p < y.dim(2); ++p)
      for (std::int64_t q = 0; q < y.dim(3); ++q)
        for (std::int64_t i = 0; i < rows; ++i)
          for (std::int64_t j = 0; j < columns; ++j) {
            const std::int64_t row = p * down - above + i, column = q * right - left + j;
            if (row < 0 || row >= H || column < 0 || column >= W) continue;
            f(n, p * y.dim(3) + q, row * W + column, i * columns + j);
          }
}

// Calls f(place in x, place in w, place in y, filter) for all products of a convolution.
template <typename Function>
void for_each_product(const WindowOverImages& over, std::int64_t O, Function&& f) {
  const Shape y = over.result(O);
  const std::int64_t C = over.images().dim(1), in = over.images().dim(2) * over.images().dim(3);
  const std::int64_t out = y.dim(2) * y.dim(3);
  const std::int64_t window = over.window().size[0] * over.window().size[1];
  for_each_pixel(over, [&](std::int64_t n, std::int64_t to, std::int64_t from, std::int64_t k) {
    for (std::int64_t o = 0; o < O; ++o)
      for (std::int64_t c = 0; c < C; ++c)
        f((n * C + c) * in + from, (o * C + c) * window + k, (n * O + o) * out + to);
  });
}

// Calls f(channel of an image, place in it of x, place in all of y) for all that pooling reads.
template <typename Function>
void for_each_pooled(const WindowOverImages& over, Function&& f) {
  const Shape y = over.pooled();
  const std::int64_t C = y.dim(1), in = over.images().dim(2) * over.images().dim(3);
  const std::int64_t out = y.dim(2) * y.dim(3);
  for_each_pixel(over, [&](std::int64_t n, std::int64_t to, std::int64_t from, std::int64_t) {
    for (std::int64_t c = 0; c < C; ++c) f((n * C + c) * in + from, (n * C + c) * out + to);
  });
}

}  // namespace

void convolve(const WindowOverImages& over, std::int64_t O, const double* x, const double* w,
              const double* b, double* y) {
  const Shape shape = over.result(O);
  const std::int64_t pixels = shape.dim(2) * shape.dim(3);
  for (std::int64_t i = 0; i < shape.size(); ++i) y[i] = b == nullptr ? 0 : b[i / pixels % O];
  for_each_product(over, O, [&](auto ix, auto iw, auto iy) { y[iy] += w[iw] * x[ix]; });
}

void convolve_to_images(const WindowOverImages& over, std::int64_t O, const double* dy,
                        const double* w, double* dx) {
  std::fill_n(dx, over.images().size(), 0.0);
  for_each_product(over, O, [&](auto ix, auto iw, auto iy) { dx[ix] += w[iw] * dy[iy]; });
}

void convolve_to_weights(const WindowOverImages& over, std::int64_t O, const double* x,
                         const double* dy, double* dw, double* db) {
  std::fill_n(dw, O * over.images().dim(1) * over.window().size[0] * over.window().size[1], 0.0);
  for_each_product(over, O, [&](auto ix, auto iw, auto iy) { dw[iw] += x[ix] * dy[iy]; });
  if (db == nullptr) return;
  std::fill_n(db, O, 0.0);
  const Shape shape = over.result(O);
  const std::int64_t pixels = shape.dim(2) * shape.dim(3);
  for (std::int64_t i = 0; i < shape.size(); ++i) db[i / pixels % O] += dy[i];
}

Tensor pool(const WindowOverImages& over, Pooling pooling, const double* x, double* y) {
  const Shape shape = over.pooled();
  // Of the largest: where it is. Of an average: how many there are.
  Tensor places = Tensor::full(shape, pooling == Pooling::largest ? -1 : 0, DType::i32);
  auto* place = places.data<std::int32_t>();
  std::fill_n(y, shape.size(), 0.0);
  for_each_pooled(over, [&](std::int64_t from, std::int64_t to) {
    if (pooling == Pooling::average) {
      y[to] += x[from];
      ++place[to];
    } else if (place[to] < 0 || x[from] > x[place[to]]) {
      place[to] = static_cast<std::int32_t>(from);
    }
  });
  for (std::int64_t i = 0; i < shape.size(); ++i)
    y[i] = pooling == Pooling::average ? y[i] / place[i] : x[place[i]];
  return places;
}

void pool_back(const WindowOverImages& over, Pooling pooling, const Tensor& places,
               const double* dy, double* dx) {
  const auto* place = places.data<std::int32_t>();
  std::fill_n(dx, over.images().size(), 0.0);
  for_each_pooled(over, [&](std::int64_t from, std::int64_t to) {
    if (pooling == Pooling::average) dx[from] += dy[to] / place[to];
    if (pooling == Pooling::largest && place[to] == from) dx[from] += dy[to];
  });
}

}  // namespace unroll
