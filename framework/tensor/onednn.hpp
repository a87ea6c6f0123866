// oneDNN behind one door, private to this room: version 2.6 (Debian 12) and 3.x (Debian 13) differ
// in how primitives are described; write version 3's argument order, this header adapts.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <unroll/tensor/engine.hpp>

namespace unroll::onednn {

#if DNNL_VERSION_MAJOR >= 3
using PoolingForward = dnnl::pooling_forward;
using PoolingBackward = dnnl::pooling_backward;
#else
using PoolingForward = dnnl::pooling_v2_forward;
using PoolingBackward = dnnl::pooling_v2_backward;
#endif

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

/// The same of a backward primitive, which is told its forward one.
template <typename P, typename Forward, typename... Args>
typename P::primitive_desc describe_backward(const dnnl::engine& engine,
                                             const dnnl::primitive_attr& attributes,
                                             const Forward& forward, Args&&... args) {
#if DNNL_VERSION_MAJOR >= 3
  return typename P::primitive_desc(engine, std::forward<Args>(args)..., forward, attributes);
#else
  return typename P::primitive_desc(typename P::desc(std::forward<Args>(args)...), attributes,
                                    engine, forward);
#endif
}

/// A primitive and its description, which knows the layouts it chose.
struct Prepared {
  dnnl::primitive primitive;
  dnnl::primitive_desc_base description;
};

/// How its argument DNNL_ARG_… lies in memory.
dnnl::memory::desc layout_of(const Prepared& prepared, int what);

/// A dense row-major float array that a primitive reads or writes as DNNL_ARG_….
struct Argument {
  int what;
  void* data;
  dnnl::memory::dims shape;
};

/// Row-major in memory.
dnnl::memory::desc dense(const dnnl::memory::dims& shape);
/// The layout is the primitive's choice.
dnnl::memory::desc any(const dnnl::memory::dims& shape);

/// Runs it. Arrays whose layout it wants otherwise are reordered before, or after, in memory of the
/// engine's pool. `workspace`, if it has one, is as the primitive laid it out.
void run(const Prepared& prepared, const std::vector<Argument>& inputs,
         const std::vector<Argument>& outputs, void* workspace = nullptr);

}  // namespace unroll::onednn

namespace unroll {

/// oneDNN's engine and stream, and primitives by what they compute, for which sizes and by how many
/// threads.
struct Engine::Primitives {
  using Key = std::array<std::int64_t, 14>;

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<Key, onednn::Prepared> cache;

  /// The primitive of this key; `describe` is asked for its description the first time.
  template <typename Describe>
  const onednn::Prepared& get(const Key& key, Describe&& describe) {
    const auto found = cache.find(key);
    if (found != cache.end()) return found->second;
    const auto description = describe();
    return cache.emplace(key, onednn::Prepared{dnnl::primitive(description.get()), description})
        .first->second;
  }
};

}  // namespace unroll
