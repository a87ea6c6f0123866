// The transformer: PyTorch's values with every gradient, and what carrying keys and values means.
#include <cmath>

#include <unroll/config/yaml.hpp>
#include <unroll/results/hdf5.hpp>
#include <unroll/training/learner.hpp>

#include "autodiff/stored.hpp"
#include "paths.hpp"
#include "small_run.hpp"

namespace unroll {
namespace {

using test::expect_near;
using test::tensor_of;
using testing_room::registry;

/// A transformer over seven tokens.
struct Built {
  Domain domain;
  ParameterStore store;
  std::unique_ptr<Architecture> architecture;

  Built(const std::string& options, DType type) : store(5, type) {
    domain.fields.text = true;
    domain.text = Vocabulary::with_special({"a", "b", "c", "d", "e", "f"}, {});
    Problems problems;
    const Node node = load_yaml_text("transformer: {" + options + "}", "model", problems);
    problems.throw_if_any();
    const Node::Entry& entry = node.entries().front();
    architecture = registry().make_architecture({entry.key, entry.value, {}},
                                                {domain, registry(), Parameters(store)});
  }

  void randomise() {
    for (Parameter* parameter : store.all()) {
      RandomStream random(9, parameter->name());
      Tensor value = parameter->value();
      for (double& x : value.span<double>()) x = random.uniform(-0.6, 0.6);
    }
  }

  /// The logits [N, V] after each of the tokens [T][N], one step at a time.
  std::vector<std::vector<float>> generate(const std::vector<std::vector<TokenId>>& tokens) {
    const auto decoder = architecture->decoder(static_cast<std::int64_t>(tokens.front().size()));
    decoder->reset();
    std::vector<std::vector<float>> all;
    for (const std::vector<TokenId>& step : tokens) {
      const std::span<const float> logits = decoder->next(step);
      all.emplace_back(logits.begin(), logits.end());
    }
    return all;
  }
};

/// Steps first … last - 1 of ids [T + 1, N] as a batch.
Batch window(const Tensor& ids, std::int64_t first, std::int64_t last) {
  Batch batch;
  batch.inputs = ids.slice(first, last);
  batch.targets = ids.slice(first + 1, last + 1);
  return batch;
}

Tensor some_ids(std::int64_t steps, std::int64_t lanes) {
  RandomStream random(2, "ids");
  Tensor ids = Tensor::zeros({steps + 1, lanes}, DType::i32);
  for (TokenId& id : ids.span<TokenId>()) id = static_cast<TokenId>(random.below(7));
  return ids;
}

class TransformerFixtures : public testing::TestWithParam<const char*> {};

TEST_P(TransformerFixtures, MatchPyTorch) {
  const std::string name = std::string("models/") + GetParam();
  const Hdf5File file = Hdf5File::open(test::fixture("transformer.h5"));
  const Archive stored = file.read_all(name), sizes = file.attributes(name);
  for (const DType type : {DType::f64, DType::f32}) {
    const double tolerance = type == DType::f64 ? 1e-11 : 2e-5;
    Built built(
        fmt::format("hidden: {}, heads: {}, feed_forward: {}, layers: {}, context: {}, "
                    "positions: {}",
                    sizes.integer("hidden"), sizes.integer("heads"), sizes.integer("feed_forward"),
                    sizes.integer("layers"), sizes.integer("context"), sizes.text("positions")),
        type);
    built.store.restore(stored.below("weights"));
    const auto& values = std::get<std::vector<std::int32_t>>(stored.array("ids").values);
    const Tensor ids = Tensor::of<std::int32_t>(Shape(stored.array("ids").shape), values);
    const std::int64_t windows = sizes.integer("windows"), steps = (ids.dim(0) - 1) / windows;
    Carry carry;
    for (std::int64_t w = 0; w < windows; ++w) {
      Graph graph;
      const Outcome outcome =
          built.architecture->run(graph, window(ids, w * steps, (w + 1) * steps), carry, nullptr);
      EXPECT_NEAR(outcome.total / static_cast<double>(outcome.counted),
                  tensor_of(stored, "losses").data<double>()[w], 10 * tolerance);
      if (w + 1 == windows) graph.backward(outcome.loss);
    }
    for (const Parameter* parameter : built.store.all())
      expect_near(parameter->gradient(), tensor_of(stored, "gradients/" + parameter->name()),
                  tolerance, parameter->name());
    if (type == DType::f64) continue;  // decoders generate in single precision
    const Tensor logits = tensor_of(stored, "logits");
    const std::int64_t lanes = ids.dim(1);
    std::vector<std::vector<TokenId>> tokens;
    for (std::int64_t t = 0; t < windows * steps; ++t)
      tokens.emplace_back(values.begin() + t * lanes, values.begin() + (t + 1) * lanes);
    const auto generated = built.generate(tokens);
    for (std::size_t t = 0; t < generated.size(); ++t)
      for (std::size_t i = 0; i < generated[t].size(); ++i)
        EXPECT_NEAR(generated[t][i], logits.data<double>()[t * generated[t].size() + i], 1e-4)
            << t << ' ' << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, TransformerFixtures, testing::Values("none", "rotary", "memory"),
                         [](const auto& each) { return std::string(each.param); });

TEST(Transformer, ReadsAWindowAsItReadsItInPieces) {
  for (const char* positions : {"rotary", "none"}) {
    Built built(std::string("hidden: 6, heads: 3, context: 4, positions: ") + positions,
                DType::f64);
    built.randomise();
    const Tensor ids = some_ids(12, 3);
    const auto total_of = [&](std::vector<std::int64_t> ends) {
      Carry carry;
      double total = 0;
      std::int64_t begin = 0;
      for (const std::int64_t end : ends) {
        Graph graph(Graph::Mode::infer);
        total += built.architecture->run(graph, window(ids, begin, end), carry, nullptr).total;
        begin = end;
      }
      return total;
    };
    const double whole = total_of({12});
    EXPECT_NEAR(total_of({5, 12}), whole, 1e-10);
    EXPECT_NEAR(total_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}), whole, 1e-10);
  }
}

TEST(Transformer, CarriesNoMoreThanItsContext) {
  Built built("hidden: 6, heads: 3, layers: 2, context: 4", DType::f32);
  const Tensor ids = some_ids(12, 3);
  Carry carry;
  for (std::int64_t t = 0; t < 12; t += 3) {
    Graph graph;
    built.architecture->run(graph, window(ids, t, t + 3), carry, nullptr);
    ASSERT_EQ(carry.size(), 4U);  // keys and values of two layers
    for (const Tensor& kept : carry)
      EXPECT_EQ(kept.shape().text(), Shape({std::min<std::int64_t>(t + 3, 4), 3, 6}).text());
  }
}

TEST(Transformer, RefusesWhatDoesNotGoTogether) {
  EXPECT_THROW(Built("hidden: 6, heads: 4", DType::f32), Error);
  EXPECT_THROW(Built("hidden: 6, heads: 2", DType::f32), Error);  // heads of three columns
  EXPECT_NO_THROW(Built("hidden: 6, heads: 2, positions: none", DType::f32));
  EXPECT_THROW(Built("hidden: 6, heads: 3, context: 0", DType::f32), Error);
}

}  // namespace
}  // namespace unroll
