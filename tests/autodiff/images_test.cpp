// Operations on images against finite differences, single against double precision, and PyTorch.
#include <unroll/tensor/engine.hpp>

#include "gradient_cases.hpp"
#include "paths.hpp"
#include "stored.hpp"

namespace unroll::test {
namespace {

Case convolution(const std::string& name, const Shape& x, const Shape& w,
                 const ConvolutionOptions& options, bool biased = true) {
  if (!biased)
    return {name, {x, w}, [=](Graph&, In v) { return weigh(conv2d(v[0], v[1], options)); }};
  return {name, {x, w, {w.dim(0)}}, [=](Graph&, In v) {
            return weigh(conv2d(v[0], v[1], v[2], options));
          }};
}

std::vector<Case> cases() {
  const Shape x{3, 2, 5, 7};
  std::vector<Case> all{
      convolution("conv2d", x, {4, 2, 3, 3}, {}),
      convolution("conv2d_padded", x, {4, 2, 3, 3}, {1, 1}),
      convolution("conv2d_strided", x, {4, 2, 3, 2}, {2, 1}),
      convolution("conv2d_stride_3_without_bias", x, {4, 2, 5, 3}, {3, 2}, false),
      convolution("conv2d_one_by_one", x, {6, 2, 1, 1}, {}),
      convolution("conv2d_one_by_one_strided", x, {6, 2, 1, 1}, {2, 0}, false),
      convolution("conv2d_of_the_whole_image", x, {4, 2, 5, 7}, {}),
      convolution("conv2d_wide", {1, 17, 4, 3}, {3, 17, 3, 3}, {1, 1}),
      convolution("conv2d_of_one_pixel", {1, 1, 1, 1}, {1, 1, 1, 1}, {}),
      {"conv2d_twice_with_the_same_filters",
       {{2, 3, 6, 5}, {3, 3, 3, 3}, {3}},
       [](Graph&, In v) { return weigh(conv2d(tanh(conv2d(v[0], v[1], v[2])), v[1], v[2])); }},
      {"conv2d_of_its_filters",
       {{2, 2, 3, 3}},
       [](Graph&, In v) {
         return weigh(conv2d(v[0], v[0], {1, 1}));
       }},
      {"mean_over_pixels", {x}, [](Graph&, In v) { return weigh(mean_over_pixels(tanh(v[0]))); }},
      {"batch_norm",
       {x, {2}, {2}},
       [](Graph&, In v) {
         ChannelStatistics running(2, v[0].dtype());
         return weigh(batch_norm(v[0], v[1], v[2], running));
       }},
      {"batch_norm_of_rows",
       {{6, 5}, {5}, {5}},
       [](Graph&, In v) {
         ChannelStatistics running(5, v[0].dtype());
         return weigh(batch_norm(v[0], v[1], v[2], running));
       }},
      {"batch_norm_with",
       {x, {2}, {2}},
       [](Graph&, In v) {
         ChannelStatistics given(2, v[0].dtype());
         given.mean.fill(0.7);
         given.variance.fill(2.5);
         return weigh(batch_norm_with(given, v[0], v[1], v[2]));
       }},
  };
  const std::pair<std::string, Window> windows[] = {
      {"", {{2, 2}, {2, 2}}},
      {"_overlapping", {{3, 3}, {2, 2}, {1, 1}}},
      {"_uneven", {{3, 2}, {1, 3}, {2, 0}}},
      {"_one_by_one", {{1, 1}, {2, 2}}},
  };
  for (const auto& [name, window] : windows) {
    all.push_back({"max_pool2d" + name, {x}, [w = window](Graph&, In v) {
                     return weigh(max_pool2d(tanh(v[0]), w)) + weigh(v[0]);
                   }});
    all.push_back({"average_pool2d" + name, {x}, [w = window](Graph&, In v) {
                     return weigh(average_pool2d(tanh(v[0]), w)) + weigh(v[0]);
                   }});
  }
  return all;
}

class Images : public testing::TestWithParam<Case> {};

TEST_P(Images, AgreeWithFiniteDifferences) {
  expect_gradients_of_differences(GetParam());
}

TEST_P(Images, AreTheSameInSinglePrecision) {
  expect_the_same_in_single_precision(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Operations, Images, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

const Hdf5File& fixtures() {
  static const Hdf5File file = Hdf5File::open(test::fixture("images.h5"));
  return file;
}

Window window_of(const Archive& attributes) {
  const auto pair = [&](const char* name) {
    const std::vector<double> values = as_doubles(attributes.array(name));
    return std::array<std::int64_t, 2>{static_cast<std::int64_t>(values.at(0)),
                                       static_cast<std::int64_t>(values.at(1))};
  };
  return {pair("window"), pair("stride"), pair("padding")};
}

/// Runs a stored case in both precisions and compares the result and the operands' gradients.
void expect_as_stored(const std::string& group, const std::vector<std::string>& operands,
                      const std::function<Var(std::span<const Var>, const Archive&)>& function) {
  const Archive stored = fixtures().read_all(group), attributes = fixtures().attributes(group);
  for (const DType type : {DType::f64, DType::f32}) {
    const double tolerance = type == DType::f64 ? 1e-11 : 3e-5;
    Graph graph;
    std::vector<Var> leaves;
    for (const std::string& name : operands)
      if (stored.has(name)) leaves.push_back(graph.input(tensor_of(stored, name, type)));
    const Var y = function(leaves, attributes);
    expect_near(y.value(), tensor_of(stored, "y"), tolerance, group);
    graph.backward(sum(y * graph.constant(tensor_of(stored, "upstream", type))));
    for (std::size_t k = 0; k < leaves.size(); ++k)
      expect_near(graph.gradient(leaves[k]), tensor_of(stored, "gradients/" + operands[k]),
                  tolerance, group + " gradient of " + operands[k]);
  }
}

TEST(ImageFixtures, MatchPyTorchsConvolution) {
  const std::vector<std::string> names = fixtures().children("conv2d");
  ASSERT_GE(names.size(), 7U);
  for (const std::string& name : names)
    expect_as_stored("conv2d/" + name, {"x", "w", "b"}, [](In v, const Archive& attributes) {
      const ConvolutionOptions options{attributes.integer("stride"), attributes.integer("padding")};
      return v.size() == 3 ? conv2d(v[0], v[1], v[2], options) : conv2d(v[0], v[1], options);
    });
}

TEST(ImageFixtures, MatchPyTorchsPooling) {
  const std::vector<std::string> names = fixtures().children("max_pool2d");
  ASSERT_GE(names.size(), 5U);
  for (const std::string& name : names) {
    expect_as_stored("max_pool2d/" + name, {"x"}, [](In v, const Archive& attributes) {
      return max_pool2d(v[0], window_of(attributes));
    });
    expect_as_stored("average_pool2d/" + name, {"x"}, [](In v, const Archive& attributes) {
      return average_pool2d(v[0], window_of(attributes));
    });
  }
}

TEST(ImageFixtures, MatchPyTorchsBatchNormalisation) {
  const std::vector<std::string> names = fixtures().children("batch_norm");
  ASSERT_GE(names.size(), 3U);
  for (const std::string& name : names) {
    const Archive stored = fixtures().read_all("batch_norm/" + name);
    for (const DType type : {DType::f64, DType::f32}) {
      // A hundred and a few: the deviations from the mean have two digits fewer.
      const double tolerance = type == DType::f64 ? 1e-11 : name == "offset" ? 1e-3 : 2e-5;
      ChannelStatistics running(stored.array("gain").shape[0], type);
      for (const bool first : {true, false}) {
        Graph graph;
        const Var x = graph.input(tensor_of(stored, "x", type));
        const Var gain = graph.input(tensor_of(stored, "gain", type));
        const Var bias = graph.input(tensor_of(stored, "bias", type));
        const Var y = batch_norm(x, gain, bias, running);
        if (first) continue;
        expect_near(y.value(), tensor_of(stored, "y"), tolerance, name);
        graph.backward(sum(y * graph.constant(tensor_of(stored, "upstream", type))));
        for (const auto& [leaf, of] : {std::pair{x, "x"}, {gain, "gain"}, {bias, "bias"}})
          expect_near(graph.gradient(leaf), tensor_of(stored, std::string("gradients/") + of),
                      tolerance, name + " gradient of " + of);
      }
      expect_near(running.mean, tensor_of(stored, "running/mean"), tolerance, name);
      expect_near(running.variance, tensor_of(stored, "running/variance"), tolerance, name);
      Graph graph;
      const Var x = graph.input(tensor_of(stored, "x", type));
      const Var y = batch_norm_with(running, x, graph.constant(tensor_of(stored, "gain", type)),
                                    graph.constant(tensor_of(stored, "bias", type)));
      expect_near(y.value(), tensor_of(stored, "used/y"), tolerance, name + " used");
      graph.backward(sum(y * graph.constant(tensor_of(stored, "upstream", type))));
      expect_near(graph.gradient(x), tensor_of(stored, "used/gradients/x"), tolerance,
                  name + " used, gradient");
    }
  }
}

TEST(ImageOperations, GiveTheSameBitsAgain) {
  const int before = Engine::get().threads();
  for (const int threads : {1, 2}) {
    Engine::get().set_threads(threads);
    std::vector<float> first;
    for (int round = 0; round < 3; ++round) {
      RandomStream random(1, "bits");
      Graph graph;
      const Var x = graph.input(random_tensor({8, 16, 16, 16}, random, DType::f32));
      const Var w = graph.input(random_tensor({32, 16, 3, 3}, random, DType::f32));
      const Var b = graph.input(random_tensor({32}, random, DType::f32));
      ChannelStatistics running(32, DType::f32);
      Var y =
          batch_norm(conv2d(x, w, b, {1, 1}), graph.constant(Tensor::full({32}, 1.0)), b, running);
      y = max_pool2d(relu(y), {{2, 2}, {2, 2}});
      graph.backward(sum(y * y));
      std::vector<float> all;
      for (const Var& leaf : {x, w, b}) {
        const Tensor gradient = graph.gradient(leaf);
        for (const float value : gradient.span<float>()) all.push_back(value);
      }
      if (first.empty()) first = all;
      EXPECT_EQ(all, first) << threads << " threads, round " << round;
    }
  }
  Engine::get().set_threads(before);
}

TEST(ImageOperations, AskForNoMemoryOnceTheyHaveRun) {
  RandomStream random(1, "memory");
  const Tensor x = random_tensor({4, 3, 9, 9}, random, DType::f32);
  const Tensor w = random_tensor({20, 3, 3, 3}, random, DType::f32);
  Graph graph;
  std::int64_t calls = 0;
  for (int round = 0; round < 3; ++round) {
    graph.clear();
    if (round == 2) calls = Engine::get().pool().statistics().system_calls;
    graph.backward(sum(max_pool2d(conv2d(graph.input(x), graph.input(w)), {{2, 2}, {2, 2}})));
  }
  EXPECT_EQ(Engine::get().pool().statistics().system_calls, calls);
}

TEST(ImageOperations, RefuseWhatDoesNotFit) {
  Graph graph;
  const Var x = graph.input(Tensor::zeros({2, 3, 5, 6}));
  const auto refused = [](const auto& operation) -> std::string {
    try {
      operation();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "nothing";
  };
  EXPECT_EQ(refused([&] {
              conv2d(x, graph.input(Tensor::zeros({4, 2, 3, 3})));
            }),
            "conv2d: shapes [2, 3, 5, 6] and [4, 2, 3, 3] do not fit");
  EXPECT_EQ(refused([&] {
              conv2d(x, graph.input(Tensor::zeros({4, 3, 6, 3})));
            }),
            "a window of 6 x 3, stride 1 x 1, padding 0 x 0 does not fit images [2, 3, 5, 6]");
  EXPECT_EQ(refused([&] {
              conv2d(x, graph.input(Tensor::zeros({4, 3, 3, 3})), graph.input(Tensor::zeros({5})));
            }),
            "conv2d: shapes [4, 3, 3, 3] and [5] do not fit");
  EXPECT_EQ(refused([&] {
              max_pool2d(x, {{2, 2}, {2, 2}, {2, 0}});
            }),
            "a window of 2 x 2, stride 2 x 2, padding 2 x 0 does not fit images [2, 3, 5, 6]");
  EXPECT_EQ(refused([&] {
              max_pool2d(graph.input(Tensor::zeros({2, 3})), {});
            }),
            "images have the shape [N, C, H, W], not [2, 3]");
  ChannelStatistics running(3, DType::f32);
  EXPECT_EQ(refused([&] {
              const Var three = graph.input(Tensor::zeros({3}));
              batch_norm(graph.input(Tensor::zeros({1, 3})), three, three, running);
            }),
            "batch_norm: one number a channel of [1, 3] has no variance");
}

}  // namespace
}  // namespace unroll::test
