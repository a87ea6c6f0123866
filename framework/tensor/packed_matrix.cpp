#include <unroll/tensor/packed_matrix.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <unroll/tensor/kernels_decoding.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kBlock = PackedMatrix::kBlock;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// The nearest bfloat16, ties to even.
std::uint16_t nearest_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

Tensor of_bytes(std::int64_t bytes) {
  return Tensor::empty({std::max<std::int64_t>((bytes + 3) / 4, 1)});
}

}  // namespace

std::string_view name_of(WeightFormat format) noexcept {
  switch (format) {
    case WeightFormat::bf16:
      return "bf16";
    case WeightFormat::int8:
      return "int8";
    default:
      return "f32";
  }
}

WeightFormat weight_format(std::string_view name) noexcept {
  for (const WeightFormat format : {WeightFormat::bf16, WeightFormat::int8})
    if (name == name_of(format)) return format;
  return WeightFormat::f32;
}

std::int64_t PackedMatrix::block_bytes() const noexcept {
  const std::int64_t width = format_ == WeightFormat::f32    ? 4
                             : format_ == WeightFormat::bf16 ? 2
                                                             : 1;
  return depth_ * kBlock * width;
}

// element(k, block, j): column j of a block, 0 beyond the matrix. Blocks are packed one by one,
// interleaved with the others of their panel.
template <typename Element>
PackedMatrix PackedMatrix::make(std::int64_t K, std::int64_t blocks, std::int64_t per_panel,
                                WeightFormat format, const Element& element) {
  PackedMatrix m;
  m.format_ = format;
  m.depth_ = (K + 1) / 2 * 2;
  m.blocks_ = blocks;
  m.per_panel_ = per_panel;
  m.data_ = of_bytes(m.bytes());
  if (format == WeightFormat::int8) m.scales_ = Tensor::empty({blocks, kBlock});
  parallel_for(blocks, [&](std::int64_t block) {
    const std::int64_t panel = block / per_panel, beside = m.blocks(panel);
    auto* const memory =
        static_cast<std::byte*>(m.data_.raw()) + panel * per_panel * m.block_bytes();
    const std::int64_t place = block - panel * per_panel;
    for (std::int64_t j = 0; j < kBlock; ++j) {
      const auto at = [&](std::int64_t k) { return k < K ? element(k, block, j) : 0.0F; };
      float scale = 0;
      if (format == WeightFormat::int8) {
        for (std::int64_t k = 0; k < K; ++k) {
          // What is no number spoils the column, as it would in float32.
          scale = std::isfinite(at(k)) ? std::max(scale, std::abs(at(k)) / 127) : kNaN;
          if (std::isnan(scale)) break;
        }
        m.scales_.data<float>()[block * kBlock + j] = scale;
      }
      for (std::int64_t k = 0; k < m.depth_; ++k) {
        const std::int64_t whole = (k * beside + place) * kBlock + j;
        const std::int64_t paired = ((k / 2 * beside + place) * kBlock + j) * 2 + k % 2;
        switch (format) {
          case WeightFormat::f32:
            reinterpret_cast<float*>(memory)[whole] = at(k);
            break;
          case WeightFormat::bf16:
            reinterpret_cast<std::uint16_t*>(memory)[paired] = nearest_bf16(at(k));
            break;
          case WeightFormat::int8:
            reinterpret_cast<std::int8_t*>(memory)[paired] =
                static_cast<std::int8_t>(scale > 0 ? std::lround(at(k) / scale) : 0);
            break;
        }
      }
    }
  });
  return m;
}

PackedMatrix PackedMatrix::gates(const float* M, std::int64_t K, std::int64_t gates, std::int64_t H,
                                 WeightFormat format) {
  if (gates == 1) return columns(M, K, H, H, 1, format);
  const std::int64_t panels = (H + kBlock - 1) / kBlock;
  return make(K, panels * gates, gates, format,
              [=](std::int64_t k, std::int64_t block, std::int64_t j) {
                const std::int64_t unit = block / gates * kBlock + j;
                return unit < H ? M[(k * gates + block % gates) * H + unit] : 0.0F;
              });
}

PackedMatrix PackedMatrix::columns(const float* M, std::int64_t K, std::int64_t N, std::int64_t row,
                                   std::int64_t column, WeightFormat format) {
  return make(K, (N + kBlock - 1) / kBlock, kBlocks, format,
              [=](std::int64_t k, std::int64_t block, std::int64_t j) {
                const std::int64_t n = block * kBlock + j;
                return n < N ? M[k * row + n * column] : 0.0F;
              });
}

void QuantisedRows::take(const float* x, std::int64_t rows, std::int64_t width) {
  if (!data_.defined() || width_ != width || scales_.size() < rows) {
    width_ = width;
    data_ = of_bytes(rows * width * 2);
    scales_ = Tensor::empty({rows});
  }
  // A sum of `width` products with weights of at most 127 must fit in 32 bits.
  const auto most = static_cast<float>(
      std::min<std::int64_t>(std::numeric_limits<std::int16_t>::max(),
                             std::numeric_limits<std::int32_t>::max() / (127 * width)));
  auto* const all = static_cast<std::int16_t*>(data_.raw());
  for (std::int64_t n = 0; n < rows; ++n)
    scales_.data<float>()[n] = kernels::quantise_row(width, x + n * width, most, all + n * width);
}

}  // namespace unroll
