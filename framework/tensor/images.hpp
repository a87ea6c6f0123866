// Convolution and pooling of images [N, C, H, W]: N batch, C channels, H rows, W columns.
//
// The float versions are oneDNN's, which may lay arrays out otherwise meanwhile; the same sizes and
// threads give the same bits. The double versions are plain loops, for gradient checks.
#pragma once

#include <array>
#include <cstdint>

#include <unroll/tensor/shape.hpp>
#include <unroll/tensor/tensor.hpp>

namespace unroll {

/// A rectangle that moves over an image: {rows, columns} of each.
struct Window {
  std::array<std::int64_t, 2> size{1, 1};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 2> padding{0, 0};  ///< around the image, on either side
};

/// A window over images of one size. There are no empty places: padding is less than the size.
class WindowOverImages {
 public:
  /// Throws std::invalid_argument if they do not fit.
  WindowOverImages(const Shape& images, const Window& window);

  const Shape& images() const noexcept { return images_; }
  const Window& window() const noexcept { return window_; }
  /// [N, channels, H', W'], H' = (H + 2 padding - size) / stride + 1 rounded down.
  Shape result(std::int64_t channels) const;
  Shape pooled() const { return result(images_.dim(1)); }

 private:
  Shape images_;
  Window window_;
};

// ---- convolution -------------------------------------------------------------------------------
// y[n, o, p, q] = b[o] + sum over c, i, j of w[o, c, i, j] x[n, c, p s - padding + i, q s - …],
// with x zero around the image; x [N, C, H, W], w [O, C, I, J], b [O] or null, y [N, O, H', W'].
// All overwrite their result.
void convolve(const WindowOverImages& over, std::int64_t O, const float* x, const float* w,
              const float* b, float* y);
void convolve(const WindowOverImages& over, std::int64_t O, const double* x, const double* w,
              const double* b, double* y);
/// The gradient of x.
void convolve_to_images(const WindowOverImages& over, std::int64_t O, const float* dy,
                        const float* w, float* dx);
void convolve_to_images(const WindowOverImages& over, std::int64_t O, const double* dy,
                        const double* w, double* dx);
/// The gradients of w, and of b unless that is null.
void convolve_to_weights(const WindowOverImages& over, std::int64_t O, const float* x,
                         const float* dy, float* dw, float* db);
void convolve_to_weights(const WindowOverImages& over, std::int64_t O, const double* x,
                         const double* dy, double* dw, double* db);

// ---- pooling: y [N, C, H', W'] of x [N, C, H, W] -----------------------------------------------
/// Padding is never the largest and does not count in an average.
enum class Pooling { largest, average };

/// Returns what `pool_back` has to be told; undefined if nothing.
Tensor pool(const WindowOverImages& over, Pooling pooling, const float* x, float* y);
Tensor pool(const WindowOverImages& over, Pooling pooling, const double* x, double* y);
/// The gradient of x; overwrites it.
void pool_back(const WindowOverImages& over, Pooling pooling, const Tensor& places, const float* dy,
               float* dx);
void pool_back(const WindowOverImages& over, Pooling pooling, const Tensor& places,
               const double* dy, double* dx);

}  // namespace unroll
