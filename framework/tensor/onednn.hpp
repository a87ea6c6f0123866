// oneDNN behind one door, private to this room: version 2.6 (Debian 12) and 3.x (Debian 13) differ
// in how primitives are described; write version 3's argument order, this header adapts.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include <unroll/tensor/engine.hpp>

namespace unroll::onednn {

/// Describes primitive P: `describe<dnnl::matmul>(engine, attributes, src, weights, dst)`.
template <typename P, typename... Args>
typename P::primitive_desc describe(const dnnl::engine& engine,
                                    const dnnl::primitive_attr& attributes, Args&&... args) {
#if DNNL_VERSION_MAJOR >= 3
  return typename P::primitive_desc(engine, std::forward<Args>(args)..., attributes);
#else
  return
      typename P::primitive_desc(typename P::desc(std::forward<Args>(args)...), attributes, engine);
#endif
}

}  // namespace unroll::onednn

namespace unroll {

/// oneDNN's engine and stream, and primitives by what they compute and for which shape.
struct Engine::Primitives {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::unordered_map<std::string, dnnl::primitive> cache;
};

}  // namespace unroll
