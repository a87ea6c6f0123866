#include <unroll/tensor/peaks.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include <unroll/tensor/best_seconds.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/onednn.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kSizes[] = {512, 1024, 2048};

/// Of the sizes; `seconds_of` gives what one product takes.
template <typename Seconds>
ProductPeak fastest(const Seconds& seconds_of) {
  ProductPeak best;
  for (const std::int64_t n : kSizes) {
    const double rate = 2e-9 * static_cast<double>(n * n * n) / seconds_of(n);
    if (rate > best.gflop_per_s) best = {rate, n};
  }
  return best;
}

double seconds_of_bf16(std::int64_t n) {
  using dnnl::memory;
  using Type = memory::data_type;
  using Tag = memory::format_tag;
  Engine::Primitives& one = Engine::get().primitives();
  const memory::dims shape{n, n};
  const auto description = onednn::describe<dnnl::matmul>(
      one.engine, dnnl::primitive_attr(), memory::desc(shape, Type::bf16, Tag::ab),
      memory::desc(shape, Type::bf16, Tag::any), memory::desc(shape, Type::f32, Tag::ab));
  const memory a(description.src_desc(), one.engine), b(description.weights_desc(), one.engine);
  const memory c(description.dst_desc(), one.engine);
  for (const memory& operand : {a, b})  // untouched pages would all be one page of zeros
    std::memset(operand.get_data_handle(), 0x3f, operand.get_desc().get_size());
  const dnnl::matmul product(description);
  return best_seconds([&] {
    product.execute(one.stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
    one.stream.wait();
  });
}

}  // namespace

ProductPeak product_peak_f32() {
  return fastest([](std::int64_t n) {
    const auto elements = static_cast<std::size_t>(n * n);
    const std::vector<float> a(elements, 0.5F), b(elements, 0.25F);
    std::vector<float> c(elements);
    return best_seconds(
        [&] { gemm(false, false, n, n, n, 1.0F, a.data(), n, b.data(), n, 0.0F, c.data(), n); });
  });
}

ProductPeak product_peak_bf16() try {
  return fastest(seconds_of_bf16);
} catch (const dnnl::error&) {
  return {};
}

}  // namespace unroll
