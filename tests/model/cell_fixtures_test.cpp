// Every cell, stacked and in both directions, forward and backward, against PyTorch's values in
// tests/fixtures (see the README there).
#include <unroll/results/hdf5.hpp>

#include "cells_support.hpp"
#include "paths.hpp"

namespace unroll::test {
namespace {

Tensor tensor_of(const Array& array, DType type) {
  const std::vector<double> values = as_doubles(array);
  return Tensor::of<double>(Shape(array.shape), values).to(type);
}

/// Tensors of a group in the order of a recurrent state, by the names of its parts.
std::vector<Tensor> states_of(const Archive& group, const RecurrenceOptions& options,
                              const std::vector<std::string>& parts, DType type) {
  std::vector<Tensor> tensors;
  for (std::int64_t l = 0; l < options.layers; ++l)
    for (const char* direction : {"forward", "backward"}) {
      for (const std::string& part : parts)
        tensors.push_back(tensor_of(
            group.array("layer" + std::to_string(l) + '/' + direction + '/' + part), type));
      if (!options.bidirectional) break;
    }
  return tensors;
}

void check_case(const Variant& variant, const Hdf5File& file, const std::string& name, DType type,
                double tolerance) {
  const Archive stored = file.read_all(name);
  const Archive sizes = file.attributes(name);
  RecurrenceOptions options;
  options.hidden = sizes.integer("H");
  options.layers = sizes.integer("layers");
  options.bidirectional = sizes.integer("directions") == 2;
  ParameterStore store(1, type);
  Recurrence recurrence(options, sizes.integer("I"), {}, Parameters(store),
                        [&](const CellSizes& cell, const Parameters& parameters) {
                          return registry().make_cell(variant.choice(), cell, parameters);
                        });
  store.restore(stored.below("weights"));
  std::vector<std::string> parts;
  const LoneCell lone(variant, {1, options.hidden, {}}, type);
  for (const StatePart& part : lone.cell->parts()) parts.push_back(part.name);

  Graph graph;
  const Var x = graph.input(tensor_of(stored.array("x"), type));
  std::vector<Var> initial;
  for (const Tensor& value : states_of(stored.below("initial"), options, parts, type))
    initial.push_back(graph.input(value));
  RecurrentState state;
  for (std::size_t i = 0; i < initial.size(); i += parts.size())
    state.emplace_back(initial.begin() + static_cast<std::ptrdiff_t>(i),
                       initial.begin() + static_cast<std::ptrdiff_t>(i + parts.size()));
  std::vector<std::int32_t> lengths;
  if (stored.has("lengths"))
    lengths = std::get<std::vector<std::int32_t>>(stored.array("lengths").values);
  const Recurrence::Result result = recurrence.run(x, state, nullptr, lengths);

  const auto expect = [&](const Tensor& ours, const Array& theirs, const std::string& what) {
    EXPECT_LE(distance(ours, tensor_of(theirs, DType::f64)), tolerance)
        << variant.label << '/' << name << ": " << what << " in " << name_of(type);
  };
  expect(result.outputs.value(), stored.array("y"), "y");
  const auto final = states_of(stored.below("final"), options, parts, DType::f64);
  const auto upstream = states_of(stored.below("upstream/final"), options, parts, type);
  const std::vector<Tensor> last = Recurrence::values(result.last);
  ASSERT_EQ(last.size(), final.size());
  Var loss = sum(result.outputs * graph.constant(tensor_of(stored.array("upstream/y"), type)));
  for (std::size_t i = 0; i < last.size(); ++i) {
    EXPECT_LE(distance(last[i], final[i]), tolerance) << variant.label << '/' << name;
    loss =
        loss + sum(result.last[i / parts.size()][i % parts.size()] * graph.constant(upstream[i]));
  }
  graph.backward(loss);
  const Archive gradients = stored.below("gradients");
  expect(graph.gradient(x), gradients.array("x"), "gradient of x");
  const auto before = states_of(gradients.below("initial"), options, parts, DType::f64);
  for (std::size_t i = 0; i < initial.size(); ++i)
    EXPECT_LE(distance(graph.gradient(initial[i]), before[i]), tolerance)
        << variant.label << '/' << name << ": gradient of initial state " << i;
  for (const Parameter* parameter : store.all())
    expect(parameter->gradient(), gradients.array("weights/" + parameter->name()),
           "gradient of " + parameter->name());
}

class CellFixtures : public testing::TestWithParam<Variant> {};

TEST_P(CellFixtures, MatchPyTorch) {
  Variant variant = GetParam();
  const Hdf5File file = Hdf5File::open(test::fixture("cells_" + GetParam().label + ".h5"));
  const std::vector<std::string> cases = file.children("");
  ASSERT_GE(cases.size(), 4U);
  for (const std::string& name : cases) {
    if (variant.option == "projection")
      variant.value = std::to_string(file.attributes(name).integer("P"));
    check_case(variant, file, name, DType::f64, 1e-9);
    check_case(variant, file, name, DType::f32, 1e-5);
  }
}

TEST(PackedFixtures, MatchPyTorch) {
  const Hdf5File file = Hdf5File::open(test::fixture("packed.h5"));
  for (const Variant& variant : variants()) {
    if (variant.label != "rnn_tanh" && variant.label != "lstm" && variant.label != "gru") continue;
    const std::vector<std::string> cases = file.children(variant.label);
    ASSERT_GE(cases.size(), 2U);
    for (const std::string& name : cases) {
      check_case(variant, file, variant.label + '/' + name, DType::f64, 1e-9);
      check_case(variant, file, variant.label + '/' + name, DType::f32, 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, CellFixtures, testing::ValuesIn(all_variants()), label_of);

}  // namespace
}  // namespace unroll::test
