// Differentiable operations on images [N, C, H, W]: batch, channels, rows, columns. Part of
// ops.hpp.
#pragma once

#include <cstdint>

#include <unroll/autodiff/graph.hpp>
#include <unroll/tensor/images.hpp>

namespace unroll {

/// x [N, C, H, W], filters w [O, C, I, J] and perhaps b [O] -> [N, O, H', W'],
/// H' = (H + 2 padding - I) / stride + 1 rounded down. The window's size is w's. As everywhere in
/// this field, a cross-correlation.
struct ConvolutionOptions {
  std::int64_t stride = 1;
  std::int64_t padding = 0;  ///< zeros around the image, less than I and J
};
Var conv2d(Var x, Var w, const ConvolutionOptions& options = {});
Var conv2d(Var x, Var w, Var b, const ConvolutionOptions& options = {});

/// The largest, or the mean, under a window: [N, C, H, W] -> [N, C, H', W']. Padding is never the
/// largest and does not count in a mean.
Var max_pool2d(Var x, const Window& window);
Var average_pool2d(Var x, const Window& window);
/// The mean of each channel: [N, C, H, W] -> [N, C] (Lin et al. 2014, arXiv 1312.4400).
Var mean_over_pixels(Var x);

/// Means and variances of each channel [C], as they are used when a model is no longer trained.
struct ChannelStatistics {
  explicit ChannelStatistics(std::int64_t channels, DType type)
      : mean(Tensor::zeros({channels}, type)), variance(Tensor::full({channels}, 1, type)) {}
  Tensor mean, variance;
};
/// y = gain (x - mean) / sqrt(variance + epsilon) + bias per channel, with the means and variances
/// of the batch (Ioffe and Szegedy 2015, arXiv 1502.03167); x [N, C, …], gain and bias [C].
/// `running` moves towards them by `momentum`, its variance towards the unbiased one.
Var batch_norm(Var x, Var gain, Var bias, ChannelStatistics& running, double momentum = 0.1,
               double epsilon = 1e-5);
/// The same with given statistics: how one that was trained is used.
Var batch_norm_with(const ChannelStatistics& given, Var x, Var gain, Var bias,
                    double epsilon = 1e-5);

}  // namespace unroll
