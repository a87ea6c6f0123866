// Checks of cells at work: learning, saving, memory, precision, gates, options.
#include <algorithm>
#include <set>

#include "cell_trials.hpp"
#include "descent.hpp"

namespace unroll::conformance::cells {
namespace {

/// Trains a cell and a linear readout to say at the end which sign the first input had; the last
/// squared error, of 1 for saying nothing.
double error_learnt(LoneCell& lone, const CellShape& s, std::uint64_t seed) {
  ParameterStore& store = lone.store;
  Parameter& readout = store.make("readout", {lone.cell->output_width(), 1}, init::zeros(), {});
  store.pack();
  Descent descent(store, 0.02);
  RandomStream random(seed, "task");
  Graph graph;
  double recent = 0;
  for (int step = 0; step < 300; ++step) {
    graph.clear();
    Tensor x =
        random_tensor({s.T, s.N, s.I}, "noise" + std::to_string(step), DType::f32, seed, 0.1);
    Tensor wanted = Tensor::empty({s.N, 1});
    for (std::int64_t n = 0; n < s.N; ++n) {
      const float sign = random.below(2) == 0 ? 1.0F : -1.0F;
      x[0].data<float>()[n * s.I] = sign;
      wanted.data<float>()[n] = sign;
    }
    const Unrolled out =
        lone.cell->run(graph.constant(x), LoneCell::constants(graph, lone.zero_state(s.N)));
    const Var off = matmul(out.last[0], readout) - graph.constant(wanted);
    const double error = descent.step(graph, mean(off * off));
    recent = step == 0 ? error : 0.9 * recent + 0.1 * error;
  }
  return recent;
}

}  // namespace

void learns(Examination& examination) {
  const CellShape s{6, 16, 2, 12};
  for (const Variant& variant : variants_of(examination)) {
    examination.doing(s.text() + with(variant));
    double best = 1;
    for (std::uint64_t seed = examination.seed(); seed < examination.seed() + 3; ++seed) {
      auto lone = accepted([&] {
        return std::make_unique<LoneCell>(examination.registry(),
                                          examination.choice(variant.options), s, DType::f32, seed,
                                          LoneCell::Weights::initial);
      });
      if (!lone) {
        best = 0;
        break;
      }
      best = std::min(best, error_learnt(**lone, s, seed));
      if (best < 0.25) break;
    }
    if (!(best < 0.25))
      examination.found(
          {fmt::format("after 300 steps of Adam its output after {} steps tells the sign of the "
                       "first input: a squared error below 0.25, where 1 is that of saying nothing",
                       s.T),
           fmt::format("{:.3g} with the best of three seeds", best), s.text() + with(variant)});
    if (examination.enough()) return;
  }
}

void save_load(Examination& examination) {
  try_shapes(examination, {{4, 3, 2, 5}}, [&](const Variant& variant, const CellShape& s) {
    const std::uint64_t seed = examination.seed();
    const auto trained = cell_of(examination, variant, s, DType::f32, seed);
    if (!trained) return Broken{};
    const auto restored = cell_of(examination, variant, s, DType::f32, seed + 1);
    restored->store.restore(trained->store.save());
    const Passed kept = pass(*trained, s, How::run, seed);
    return broken(
        "a new cell with the weights of another, saved and restored, is that cell: all "
        "that it learns is in its parameters",
        first_difference(pass(*restored, s, How::run, seed), "restored", kept, "before", kClose));
  });
}

void memory(Examination& examination) {
  const CellShape s{8, 4, 3, 16};
  for (const Variant& variant : variants_of(examination)) {
    examination.doing(s.text() + with(variant));
    const std::uint64_t seed = examination.seed();
    const auto lone = cell_of(examination, variant, s, DType::f32, seed);
    if (!lone) continue;
    const Tensor x = random_tensor({s.T, s.N, s.I}, "x", DType::f32, seed);
    std::vector<Tensor> carried = lone->zero_state(s.N);
    Graph graph;
    const auto window = [&] {
      graph.clear();
      const Unrolled out = lone->cell->run(graph.constant(x), LoneCell::constants(graph, carried));
      graph.backward(sum(out.outputs));
      carried = LoneCell::values(out.last);
    };
    if (const auto seen = growth(window))
      examination.found(
          {"window after window takes no more memory", *seen, s.text() + with(variant)});
    if (examination.enough()) return;
  }
}

void precision(Examination& examination) {
  try_shapes(examination, {{4, 3, 2, 7}}, [&](const Variant& variant, const CellShape& s) {
    const std::uint64_t seed = examination.seed();
    const auto in_float = cell_of(examination, variant, s, DType::f32, seed);
    const auto in_double = cell_of(examination, variant, s, DType::f64, seed);
    if (!in_float || !in_double) return Broken{};
    return broken("float and double agree within 0.0002",
                  first_difference(pass(*in_float, s, How::run, seed), "in float",
                                   pass(*in_double, s, How::run, seed), "in double", 2e-4));
  });
}

void gates(Examination& examination) {
  bool shown = false;
  try_shapes(examination, {{1, 4, 3, 6}}, [&](const Variant& variant, const CellShape& s) {
    const std::uint64_t seed = examination.seed();
    const auto lone = cell_of(examination, variant, s, DType::f32, seed);
    if (!lone) return Broken{};
    Graph graph(Graph::Mode::infer);
    const State state = LoneCell::constants(graph, lone->some_state(s.N, s.I, seed));
    const Var projected =
        lone->cell->run_project(graph.constant(random_tensor({s.N, s.I}, "x", DType::f32, seed)));
    const Tensor before = lone->cell->run_step(projected, state)[0].value().clone();
    const std::vector<Gate> found = lone->cell->run_gates(projected, state);
    if (found.empty()) return Broken{};
    shown = true;
    std::set<std::string> names;
    for (const Gate& gate : found) {
      if (!names.insert(gate.name).second)
        return Broken{Contract{"gates have names of their own", "two are '" + gate.name + "'"}};
      const Tensor values = gate.values.value().to(DType::f64);
      for (std::int64_t i = 0; i < values.size(); ++i)
        if (const double v = values.data<double>()[i]; !(v >= gate.low && v <= gate.high))
          return Broken{Contract{fmt::format("gate '{}' lies in its limits, {:g} to {:g}",
                                             gate.name, gate.low, gate.high),
                                 fmt::format("{:g}", v)}};
    }
    return broken("showing its gates changes nothing",
                  differs("the output", lone->cell->run_step(projected, state)[0].value(), "after",
                          before, "before", 0));
  });
  if (!shown) examination.skip("it shows no gates (Cell::gates)");
}

void options(Examination& examination) {
  const CellShape s{3, 2, 4, 6};
  check_options(examination, [&](const Variant& variant) {
    LoneCell lone(examination.registry(), examination.choice(variant.options), s, DType::f32,
                  examination.seed(), LoneCell::Weights::initial);
    const Passed passed = pass(lone, s, How::run, examination.seed());
    if (const auto seen = not_finite(passed.names[0], passed.tensors[0]))
      examination.found({"finite outputs at the ends of an option's range", *seen, variant.text()});
  });
}

}  // namespace unroll::conformance::cells
