// What framework/model/cell.hpp promises of a cell, and what every recurrence needs beside it.
#include <algorithm>

#include <unroll/autodiff/gradient_check.hpp>

#include "cell_trials.hpp"

namespace unroll::conformance {
namespace cells {
namespace {

constexpr double kExact = 1e-6;  ///< of double precision

void gradients(Examination& examination) {
  try_shapes(examination, {{3, 4, 5, 6}}, [&](const Variant& variant, const CellShape& s) {
    // A kink may lie on the way of one difference; a wrong gradient is wrong everywhere.
    std::string where;
    for (std::uint64_t seed = examination.seed(); seed < examination.seed() + 3; ++seed) {
      const auto lone = cell_of(examination, variant, s, DType::f64, seed);
      if (!lone) return Broken{};
      std::vector<Tensor> inputs = lone->some_state(s.N, s.I, seed);
      inputs.push_back(random_tensor({s.T, s.N, s.I}, "x", DType::f64, seed));
      const auto loss = [&](Graph& graph, std::span<const Var> vars) {
        const State state(vars.begin(), vars.end() - 1);
        const Unrolled unrolled = lone->cell->run(vars.back(), state);
        Var total = weighted(graph, unrolled.outputs, "up", seed);
        for (const Var& part : unrolled.last)
          total = total + weighted(graph, part, "up last", seed);
        return total;
      };
      const GradientCheck check = check_gradients(loss, inputs, lone->store.all());
      if (check.passed(kExact)) return Broken{};
      where = check.where;
      const std::string x = fmt::format("input {}", inputs.size() - 1);
      if (where.starts_with(x)) where.replace(0, x.size(), "x");
      for (std::size_t i = 0; i + 1 < inputs.size(); ++i)
        if (const std::string name = fmt::format("input {} ", i); where.starts_with(name))
          where.replace(0, name.size(), "state part '" + lone->cell->parts()[i].name + "' ");
    }
    return Broken{Contract{"gradients are those of finite differences, in double", where}};
  });
}

Tensor outputs_of(LoneCell& lone, const CellShape& s, std::uint64_t seed, Graph::Mode mode) {
  Graph graph(mode);
  const State state = LoneCell::constants(graph, lone.some_state(s.N, s.I, seed));
  const Tensor x = random_tensor({s.T, s.N, s.I}, "x", DType::f32, seed);
  return lone.cell->run(graph.constant(x), state).outputs.value().clone();
}

void unroll_equals_steps(Examination& examination) {
  const std::vector<CellShape> shapes{
      {3, 4, 5, 6},   {6, 5, 4, 3},  {7, 13, 2, 17}, {1, 9, 3, 33}, {5, 1, 4, 64},
      {2, 31, 3, 80}, {3, 6, 2, 96}, {4, 70, 3, 5}};  // lanes enough for threads to share
  try_shapes(examination, shapes, [&](const Variant& variant, const CellShape& s) {
    const std::uint64_t seed = examination.seed();
    const auto lone = cell_of(examination, variant, s, DType::f32, seed);
    if (!lone) return Broken{};
    for (const Arriving arriving : {Arriving::both, Arriving::outputs, Arriving::last}) {
      const Passed steps = pass(*lone, s, How::steps, seed, arriving);
      for (const How how : {How::run, How::run_unroll})
        if (auto seen = first_difference(pass(*lone, s, how, seed, arriving), "unrolled", steps,
                                         "step by step", kClose))
          return broken("unroll gives what looping step gives, and the same gradients", seen);
    }
    const Tensor recorded = outputs_of(*lone, s, seed, Graph::Mode::record);
    if (auto seen = differs("outputs", outputs_of(*lone, s, seed, Graph::Mode::infer),
                            "without a tape", recorded, "with one", kClose))
      return broken("unroll gives the same whether gradients are wanted or not", seen);
    // Others may look at what `project` gave them.
    Graph graph;
    const State state = LoneCell::constants(graph, lone->some_state(s.N, s.I, seed));
    const Var projected = lone->cell->run_project(
        graph.constant(random_tensor({s.T, s.N, s.I}, "x", DType::f32, seed)));
    const Tensor before = projected.value().clone();
    lone->cell->run_unroll(projected, state);
    return broken("unroll leaves `projected` as it is unless owns_projected()",
                  differs("projected", projected.value(), "after unroll", before, "before", 0));
  });
}

void windows(Examination& examination) {
  try_shapes(examination, {{5, 3, 4, 6}}, [&](const Variant& variant, const CellShape& s) {
    const std::uint64_t seed = examination.seed();
    const auto lone = cell_of(examination, variant, s, DType::f32, seed);
    if (!lone) return Broken{};
    const Tensor x = random_tensor({2 * s.T, s.N, s.I}, "x", DType::f32, seed);
    const std::vector<Tensor> begin = lone->some_state(s.N, s.I, seed);
    const auto window = [&](const Tensor& inputs, const std::vector<Tensor>& from) {
      Graph graph;
      const Unrolled out =
          lone->cell->run(graph.constant(inputs), LoneCell::constants(graph, from));
      return std::pair(out.outputs.value().clone(), LoneCell::values(out.last));
    };
    const auto whole = window(x, begin);
    const auto first = window(x.slice(0, s.T).clone(), begin);
    const auto second = window(x.slice(s.T, 2 * s.T).clone(), first.second);
    const std::string expected = fmt::format(
        "one window of {} steps gives what two of {} give with the state carried between them",
        2 * s.T, s.T);
    if (auto seen = differs("outputs of the second half", second.first, "in its own window",
                            whole.first.slice(s.T, 2 * s.T), "in one", kClose))
      return broken(expected, seen);
    for (std::size_t i = 0; i < second.second.size(); ++i)
      if (auto seen = differs("last " + lone->cell->parts()[i].name, second.second[i],
                              "after two windows", whole.second[i], "after one", kClose))
        return broken(expected, seen);
    return Broken{};
  });
}

/// One row of x [T, N, I] as [T, 1, I], its first `steps` steps.
Tensor row_of(const Tensor& x, std::int64_t n, std::int64_t steps) {
  Tensor row = Tensor::empty({steps, 1, x.dim(2)}, x.dtype());
  for (std::int64_t t = 0; t < steps; ++t) row[t].copy_from(x[t].slice(n, n + 1));
  return row;
}

void batch(Examination& examination) {
  try_shapes(examination, {{4, 5, 3, 7}}, [&](const Variant& variant, const CellShape& s) {
    const std::uint64_t seed = examination.seed();
    const auto lone = cell_of(examination, variant, s, DType::f32, seed);
    if (!lone) return Broken{};
    const Tensor x = random_tensor({s.T, s.N, s.I}, "x", DType::f32, seed);
    const std::vector<Tensor> begin = lone->some_state(s.N, s.I, seed);
    Graph graph(Graph::Mode::infer);
    const Tensor all =
        lone->cell->run(graph.constant(x), LoneCell::constants(graph, begin)).outputs.value();
    std::vector<std::int32_t> lengths;  // T, T - 1, … and at last none
    for (std::int64_t n = 0; n < s.N; ++n)
      lengths.push_back(static_cast<std::int32_t>(std::max<std::int64_t>(s.T - n, 0)));
    const Packing packing(s.T, lengths);
    Tensor rows = Tensor::empty({packing.rows(), s.I});
    for (std::int64_t row = 0; row < packing.rows(); ++row)
      rows[row].copy_from(
          x.reshaped({s.T * s.N, s.I})[packing.origins().data<std::int32_t>()[row]]);
    const Tensor packed =
        lone->cell->run(graph.constant(rows), packing, LoneCell::constants(graph, begin))
            .outputs.value();
    for (std::int64_t n = 0; n < s.N; ++n) {
      std::vector<Tensor> own;
      for (const Tensor& part : begin) own.push_back(part.slice(n, n + 1).clone());
      const Tensor alone =
          lone->cell->run(graph.constant(row_of(x, n, s.T)), LoneCell::constants(graph, own))
              .outputs.value();
      if (auto seen = differs("outputs", row_of(all, n, s.T), "in company", alone, "alone", kClose))
        return broken(fmt::format("row {} of {} gives what it gives alone", n, s.N), seen);
      for (std::int64_t t = 0; t < lengths[static_cast<std::size_t>(n)]; ++t) {
        const std::int64_t row = packing.places()[t].data<std::int32_t>()[n];
        if (auto seen = differs(fmt::format("outputs of step {}", t), packed.slice(row, row + 1),
                                "beside longer and shorter ones", alone[t], "alone", kClose))
          return broken(
              fmt::format("row {} of {} steps, of rows of other lengths, gives what it gives "
                          "alone",
                          n, lengths[static_cast<std::size_t>(n)]),
              seen);
      }
    }
    return Broken{};
  });
}

void determinism(Examination& examination) {
  try_shapes(examination, {{4, 7, 3, 18}}, [&](const Variant& variant, const CellShape& s) {
    const std::uint64_t seed = examination.seed();
    const auto one = cell_of(examination, variant, s, DType::f32, seed);
    if (!one) return Broken{};
    const auto other = cell_of(examination, variant, s, DType::f32, seed);
    const Passed first = pass(*one, s, How::run, seed);
    if (auto seen = first_difference(pass(*one, s, How::run, seed), "the second time", first,
                                     "the first time", 0))
      return broken("the same input gives the same bits again", seen);
    return broken("two cells of the same seed and weights give the same bits",
                  first_difference(pass(*other, s, How::run, seed), "of the second cell", first,
                                   "of the first", 0));
  });
}

void small(Examination& examination) {
  const std::vector<CellShape> shapes{{1, 4, 3, 5}, {4, 1, 3, 5}, {4, 3, 1, 5}, {4, 3, 5, 1},
                                      {1, 1, 1, 1}, {0, 3, 4, 5}, {0, 1, 1, 1}};
  for (const CellShape& shape : shapes)
    try_shapes(
        examination, {shape},
        [&](const Variant& variant, const CellShape& s) {
          const std::uint64_t seed = examination.seed();
          const auto lone = cell_of(examination, variant, s, DType::f32, seed);
          if (!lone) return Broken{};
          if (s.T == 0) {
            Graph graph;
            const std::vector<Tensor> begin = lone->some_state(s.N, s.I, seed);
            const Unrolled out = lone->cell->run(graph.constant(Tensor::zeros({0, s.N, s.I})),
                                                 LoneCell::constants(graph, begin));
            return broken("no steps give back the state", differs("the state", out.last[0].value(),
                                                                  "after", begin[0], "before", 0));
          }
          const Passed passed = pass(*lone, s, How::run, seed);
          for (std::size_t i = 0; i < passed.tensors.size(); ++i)
            if (auto seen = not_finite(passed.names[i], passed.tensors[i]))
              return broken("sizes of one give finite numbers", seen);
          return Broken{};
        },
        {std::min<std::int64_t>(shape.T, 1), 1, 1, 1});
}

}  // namespace
}  // namespace cells

std::vector<Check> cell_checks() {
  using namespace cells;
  return {
      {"gradients", "gradients are those of finite differences", gradients},
      {"unroll", "a fused unroll is the loop of step", unroll_equals_steps},
      {"windows", "the state carries everything over a window's border", windows},
      {"batch", "rows of a batch know nothing of each other", batch},
      {"determinism", "the same input gives the same bits", determinism},
      {"learns", "it learns to remember one bit", learns},
      {"save_load", "all that it learns is in its parameters", save_load},
      {"options", "options hold what their description says", options},
      {"small", "sizes of one, and no steps at all", small},
      {"memory", "memory does not grow", memory},
      {"precision", "float and double agree", precision},
      {"gates", "the gates it shows lie in their limits", gates},
  };
}

}  // namespace unroll::conformance
