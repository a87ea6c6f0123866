#include <unroll/tensor/images.hpp>

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include <unroll/tensor/onednn.hpp>
#include <unroll/tensor/product_count.hpp>

namespace unroll {

WindowOverImages::WindowOverImages(const Shape& images, const Window& window)
    : images_(images), window_(window) {
  if (images.rank() != 4)
    throw std::invalid_argument(
        fmt::format("images have the shape [N, C, H, W], not {}", images.text()));
  for (std::size_t k = 0; k < 2; ++k) {
    const std::int64_t size = window.size[k], padding = window.padding[k];
    if (size < 1 || window.stride[k] < 1 || padding < 0 || padding >= size ||
        size > images.dims()[2 + k] + 2 * padding)
      throw std::invalid_argument(
          fmt::format("a window of {} x {}, stride {} x {}, padding {} x {} does not fit images {}",
                      window.size[0], window.size[1], window.stride[0], window.stride[1],
                      window.padding[0], window.padding[1], images.text()));
  }
}

Shape WindowOverImages::result(std::int64_t channels) const {
  const auto steps = [&](std::size_t k) {
    return (images_.dims()[2 + k] + 2 * window_.padding[k] - window_.size[k]) / window_.stride[k] +
           1;
  };
  return {images_.dim(0), channels, steps(0), steps(1)};
}

// ---- float: oneDNN -----------------------------------------------------------------------------

namespace {

using dnnl::memory;
using dnnl::prop_kind;
using onednn::any;
using onednn::Argument;
using onednn::dense;
using onednn::describe;
using onednn::describe_backward;

enum class Work : std::int64_t { forward, to_images, to_weights, pool, pool_back };

memory::dims dims_of(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

memory::dims dims_of(const std::array<std::int64_t, 2>& pair) {
  return {pair[0], pair[1]};
}

// What the descriptions below are made of; `variant` tells bias from none, largest from average.
struct Sizes {
  Sizes(const WindowOverImages& over, std::int64_t O)
      : x(dims_of(over.images())),
        w{O, x[1], over.window().size[0], over.window().size[1]},
        b{O},
        y(dims_of(over.result(O))),
        size(dims_of(over.window().size)),
        stride(dims_of(over.window().stride)),
        padding(dims_of(over.window().padding)) {
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  }
  Engine::Primitives::Key key(Work work, bool variant) const {
    return {static_cast<std::int64_t>(work),
            variant ? 1 : 0,
            Engine::get().threads(),
            x[0],
            x[1],
            x[2],
            x[3],
            w[0],
            size[0],
            size[1],
            stride[0],
            stride[1],
            padding[0],
            padding[1]};
  }
  memory::dims x, w, b, y, size, stride, padding;
  memory::dims dilation{0, 0};
  dnnl::primitive_attr attributes;
};

auto forward_description(const Sizes& s, bool bias) {
  const auto& engine = Engine::get().primitives().engine;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const auto kind = prop_kind::forward_training;
  if (!bias)
    return describe<dnnl::convolution_forward>(engine, s.attributes, kind, algorithm, any(s.x),
                                               any(s.w), any(s.y), s.stride, s.padding, s.padding);
  return describe<dnnl::convolution_forward>(engine, s.attributes, kind, algorithm, any(s.x),
                                             any(s.w), dense(s.b), any(s.y), s.stride, s.padding,
                                             s.padding);
}

auto pool_description(const Sizes& s, Pooling pooling) {
  return describe<onednn::PoolingForward>(
      Engine::get().primitives().engine, s.attributes, prop_kind::forward_training,
      pooling == Pooling::largest ? dnnl::algorithm::pooling_max
                                  : dnnl::algorithm::pooling_avg_exclude_padding,
      dense(s.x), dense(s.y), s.stride, s.size, s.dilation, s.padding, s.padding);
}

// As the product that it is: every place of the result, with a window of every channel.
void count_convolution(const WindowOverImages& over, std::int64_t O) {
  const Shape result = over.result(O);
  const auto& size = over.window().size;
  count_product(result.size() / O, O, over.images().dim(1) * size[0] * size[1]);
}

// oneDNN does not write through its inputs, but takes them as void*.
void* in(const float* data) {
  return const_cast<float*>(data);
}

}  // namespace

void convolve(const WindowOverImages& over, std::int64_t O, const float* x, const float* w,
              const float* b, float* y) {
  const Sizes s(over, O);
  count_convolution(over, O);
  const auto& prepared = Engine::get().primitives().get(
      s.key(Work::forward, b != nullptr), [&] { return forward_description(s, b != nullptr); });
  std::vector<Argument> inputs{{DNNL_ARG_SRC, in(x), s.x}, {DNNL_ARG_WEIGHTS, in(w), s.w}};
  if (b != nullptr) inputs.push_back({DNNL_ARG_BIAS, in(b), s.b});
  onednn::run(prepared, inputs, {{DNNL_ARG_DST, y, s.y}});
}

void convolve_to_images(const WindowOverImages& over, std::int64_t O, const float* dy,
                        const float* w, float* dx) {
  const Sizes s(over, O);
  count_convolution(over, O);
  auto& primitives = Engine::get().primitives();
  const auto& prepared = primitives.get(s.key(Work::to_images, false), [&] {
    return describe_backward<dnnl::convolution_backward_data>(
        primitives.engine, s.attributes, forward_description(s, false),
        dnnl::algorithm::convolution_direct, any(s.x), any(s.w), any(s.y), s.stride, s.padding,
        s.padding);
  });
  onednn::run(prepared, {{DNNL_ARG_DIFF_DST, in(dy), s.y}, {DNNL_ARG_WEIGHTS, in(w), s.w}},
              {{DNNL_ARG_DIFF_SRC, dx, s.x}});
}

void convolve_to_weights(const WindowOverImages& over, std::int64_t O, const float* x,
                         const float* dy, float* dw, float* db) {
  const Sizes s(over, O);
  count_convolution(over, O);
  auto& primitives = Engine::get().primitives();
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const auto& prepared = primitives.get(s.key(Work::to_weights, db != nullptr), [&] {
    const auto forward = forward_description(s, db != nullptr);
    if (db == nullptr)
      return describe_backward<dnnl::convolution_backward_weights>(
          primitives.engine, s.attributes, forward, algorithm, any(s.x), any(s.w), any(s.y),
          s.stride, s.padding, s.padding);
    return describe_backward<dnnl::convolution_backward_weights>(
        primitives.engine, s.attributes, forward, algorithm, any(s.x), any(s.w), dense(s.b),
        any(s.y), s.stride, s.padding, s.padding);
  });
  std::vector<Argument> outputs{{DNNL_ARG_DIFF_WEIGHTS, dw, s.w}};
  if (db != nullptr) outputs.push_back({DNNL_ARG_DIFF_BIAS, db, s.b});
  onednn::run(prepared, {{DNNL_ARG_SRC, in(x), s.x}, {DNNL_ARG_DIFF_DST, in(dy), s.y}}, outputs);
}

Tensor pool(const WindowOverImages& over, Pooling pooling, const float* x, float* y) {
  const Sizes s(over, over.images().dim(1));
  const bool largest = pooling == Pooling::largest;
  const auto& prepared = Engine::get().primitives().get(
      s.key(Work::pool, largest), [&] { return pool_description(s, pooling); });
  Tensor places;
  if (largest) {
    const auto bytes = onednn::layout_of(prepared, DNNL_ARG_WORKSPACE).get_size();
    places = Tensor::empty({static_cast<std::int64_t>(bytes / 4 + 1)}, DType::i32);
  }
  onednn::run(prepared, {{DNNL_ARG_SRC, in(x), s.x}}, {{DNNL_ARG_DST, y, s.y}}, places.raw());
  return places;
}

void pool_back(const WindowOverImages& over, Pooling pooling, const Tensor& places, const float* dy,
               float* dx) {
  const Sizes s(over, over.images().dim(1));
  auto& primitives = Engine::get().primitives();
  const bool largest = pooling == Pooling::largest;
  const auto& prepared = primitives.get(s.key(Work::pool_back, largest), [&] {
    return describe_backward<onednn::PoolingBackward>(
        primitives.engine, s.attributes, pool_description(s, pooling),
        largest ? dnnl::algorithm::pooling_max : dnnl::algorithm::pooling_avg_exclude_padding,
        dense(s.x), dense(s.y), s.stride, s.size, s.dilation, s.padding, s.padding);
  });
  onednn::run(prepared, {{DNNL_ARG_DIFF_DST, in(dy), s.y}}, {{DNNL_ARG_DIFF_SRC, dx, s.x}},
              places.raw());
}

}  // namespace unroll
