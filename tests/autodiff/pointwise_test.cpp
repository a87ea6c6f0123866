// Activations and layer normalisation against PyTorch.
#include <functional>
#include <map>

#include <unroll/autodiff/ops.hpp>
#include "paths.hpp"
#include "stored.hpp"

namespace unroll::test {
namespace {

const Hdf5File& fixtures() {
  static const Hdf5File file = Hdf5File::open(test::fixture("ops.h5"));
  return file;
}

TEST(ActivationFixtures, MatchPyTorch) {
  const std::map<std::string, std::function<Var(Var)>> ours{
      {"sigmoid", sigmoid}, {"tanh", tanh}, {"relu", relu}, {"softplus", softplus}};
  const std::vector<std::string> names = fixtures().children("activations");
  EXPECT_EQ(names.size(), ours.size());
  for (const std::string& name : names) {
    const Archive stored = fixtures().read_all("activations/" + name);
    for (const DType type : {DType::f64, DType::f32}) {
      // PyTorch takes softplus for the identity from 20 on, where its slope is 1 - 2e-9 and more.
      const double tolerance = type == DType::f64 ? 1e-13 : 3e-7;
      Graph graph;
      const Var x = graph.input(tensor_of(stored, "x", type));
      const Var y = ours.at(name)(x);
      expect_near(y.value(), tensor_of(stored, "y"), tolerance, name);
      graph.backward(sum(y));
      expect_near(graph.gradient(x), tensor_of(stored, "gradients/x"), tolerance,
                  name + " gradient");
    }
  }
}

TEST(LayerNormFixtures, MatchPyTorch) {
  const std::vector<std::string> names = fixtures().children("layer_norm");
  ASSERT_GE(names.size(), 4U);
  for (const std::string& name : names) {
    const Archive stored = fixtures().read_all("layer_norm/" + name);
    for (const DType type : {DType::f64, DType::f32}) {
      // A thousand and a few: the deviations from the mean have three digits fewer.
      const double tolerance = type == DType::f64 ? 1e-11 : name == "offset" ? 1e-3 : 2e-5;
      Graph graph;
      const Var x = graph.input(tensor_of(stored, "x", type));
      const Var gain = graph.input(tensor_of(stored, "gain", type));
      const Var bias = graph.input(tensor_of(stored, "bias", type));
      const Var y = layer_norm(x, gain, bias);
      expect_near(y.value(), tensor_of(stored, "y"), tolerance, name);
      graph.backward(sum(y * graph.constant(tensor_of(stored, "upstream/y", type))));
      for (const auto& [leaf, leaf_name] : {std::pair{x, "x"}, {gain, "gain"}, {bias, "bias"}})
        expect_near(graph.gradient(leaf), tensor_of(stored, std::string("gradients/") + leaf_name),
                    tolerance, name + " gradient of " + leaf_name);
    }
  }
}

}  // namespace
}  // namespace unroll::test
