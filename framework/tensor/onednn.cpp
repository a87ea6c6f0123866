#include <unroll/tensor/onednn.hpp>

#include <new>
#include <unordered_map>

#include <unroll/tensor/tensor.hpp>

namespace unroll::onednn {
namespace {

using dnnl::memory;

// Memory of the engine's pool for so many bytes.
Tensor borrow(std::size_t bytes) {
  return Tensor::empty({static_cast<std::int64_t>((bytes + sizeof(float) - 1) / sizeof(float))});
}

}  // namespace

memory::desc layout_of(const Prepared& prepared, int what) {
  return prepared.description.query_md(dnnl::query::exec_arg_md, what);
}

memory::desc dense(const memory::dims& shape) {
  memory::dims strides(shape.size(), 1);
  for (std::size_t i = shape.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * shape[i + 1];
  return {shape, memory::data_type::f32, strides};
}

memory::desc any(const memory::dims& shape) {
  return {shape, memory::data_type::f32, memory::format_tag::any};
}

void run(const Prepared& prepared, const std::vector<Argument>& inputs,
         const std::vector<Argument>& outputs, void* workspace) try {
  const dnnl::engine& engine = Engine::get().primitives().engine;
  dnnl::stream& stream = Engine::get().primitives().stream;
  std::vector<Tensor> borrowed;
  std::vector<std::pair<memory, memory>> afterwards;
  std::unordered_map<int, memory> arguments;
  const auto own = [&](const memory::desc& layout) {
    return memory(layout, engine, borrowed.emplace_back(borrow(layout.get_size())).data<float>());
  };
  for (const Argument& input : inputs) {
    memory given(dense(input.shape), engine, input.data);
    const memory::desc layout = layout_of(prepared, input.what);
    if (layout != given.get_desc()) {
      memory reordered = own(layout);
      dnnl::reorder(given, reordered).execute(stream, given, reordered);
      given = reordered;
    }
    arguments.emplace(input.what, given);
  }
  for (const Argument& output : outputs) {
    const memory target(dense(output.shape), engine, output.data);
    const memory::desc layout = layout_of(prepared, output.what);
    if (layout == target.get_desc()) {
      arguments.emplace(output.what, target);
    } else {
      afterwards.emplace_back(own(layout), target);
      arguments.emplace(output.what, afterwards.back().first);
    }
  }
  if (workspace != nullptr)
    arguments.emplace(DNNL_ARG_WORKSPACE,
                      memory(layout_of(prepared, DNNL_ARG_WORKSPACE), engine, workspace));
  const memory::desc scratch = layout_of(prepared, DNNL_ARG_SCRATCHPAD);
  if (scratch.get_size() > 0) arguments.emplace(DNNL_ARG_SCRATCHPAD, own(scratch));
  prepared.primitive.execute(stream, arguments);
  for (auto& [from, to] : afterwards) dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
} catch (const dnnl::error& problem) {
  if (problem.status == dnnl_out_of_memory) throw std::bad_alloc();
  throw;
}

}  // namespace unroll::onednn
