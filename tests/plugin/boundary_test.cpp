// Who is named when a plugin's code fails within another plugin: the one that failed.
#include <gmock/gmock.h>

#include <filesystem>

#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::int64_t T = 3, N = 2, H = 5;

const fs::path kFaulty = test::test_plugins() / "faulty";

const Registry& registry() {
  static const Registry registry({test::plugins(), kFaulty});
  return registry;
}

/// A many_to_many over the faulty cell, and what it throws: "" if nothing.
class Faults : public testing::Test {
 protected:
  std::unique_ptr<Architecture> architecture(const std::string& in) {
    const Node cell = Node::map({{"faulty", {}, Node::map({{"in", {}, Node::scalar(in)}})}});
    const Node options =
        Node::map({{"cell", {}, cell}, {"hidden", {}, Node::scalar(std::to_string(H))}});
    return registry().make_architecture({"many_to_many", options, {}},
                                        {domain_, registry(), Parameters(store_.emplace(1))});
  }

  std::pair<Failure, std::string> running(const std::string& in) {
    try {
      const auto made = architecture(in);
      const Tensor ids = Tensor::zeros({T, N}, DType::i32);
      Carry carry;
      Batch batch;
      batch.inputs = batch.targets = ids;
      made->run(graph_, batch, carry, nullptr);
    } catch (const Error& error) {
      return {error.kind(), error.what()};
    }
    return {};
  }

  static std::string by_cell(const std::string& text) {
    return "cell 'faulty' " + text + " (" + (kFaulty / "cell_faulty.so").string() + ")";
  }

  Domain domain_ = [] {
    Domain domain;
    domain.fields.text = true;
    domain.text = {{"a", "b", "c", "d"}, {}};
    return domain;
  }();
  std::optional<ParameterStore> store_;  ///< of the last architecture
  Graph graph_;
};

TEST_F(Faults, ASoundCellRuns) {
  EXPECT_EQ(running("nothing").second, "");
}

TEST_F(Faults, OfACellsStepNameTheCellAndItsShapes) {
  EXPECT_EQ(running("step"),
            std::pair(Failure::plugin,
                      by_cell("threw in Cell::step, projected [2, 5], h [2, 5]: no step today")));
}

TEST_F(Faults, OfACellsProjectionToo) {
  EXPECT_EQ(running("project"),
            std::pair(Failure::plugin, by_cell("threw in Cell::project, x [3, 2, 4]: an "
                                               "exception of type int")));
}

TEST_F(Faults, ShapesOtherThanPromisedBreakTheContract) {
  EXPECT_EQ(running("shapes"),
            std::pair(Failure::plugin,
                      by_cell("broke its contract in Cell::step, projected [2, 5], h [2, 5]: of "
                              "what it gave, state part 'h' is [2, 10], expected [2, 5]")));
  EXPECT_EQ(
      running("state"),
      std::pair(Failure::plugin, by_cell("broke its contract in Cell::state: it names no part")));
}

TEST_F(Faults, AnErrorForPeopleKeepsItsTextAndKind) {
  EXPECT_EQ(running("error"), std::pair(Failure::data, std::string("the weather is bad")));
}

TEST_F(Faults, WhileGeneratingNameTheCellToo) {
  const auto made = architecture("step");
  const auto decoder = made->decoder(1);
  decoder->reset();
  const TokenId token = 0;
  try {
    decoder->next({&token, 1});
    FAIL() << "generated";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              by_cell("threw in Cell::step, projected [1, 5], h [1, 5]: no step today"));
  }
}

TEST_F(Faults, OfAnEncoderNameTheEncoder) {
  const auto encoder =
      registry().make_encoder({"faulty", {}, {}}, {{3}, 4}, Parameters(store_.emplace(1)));
  try {
    encoder->encode(graph_.constant(Tensor::zeros({2, 3})), nullptr);
    FAIL() << "encoded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::plugin);
    EXPECT_EQ(error.what(),
              "encoder 'faulty' threw in Encoder::encode, features [2, 3]: matmul: "
              "shapes [2, 3] and [4, 4] do not fit (" +
                  (kFaulty / "encoder_faulty.so").string() + ")");
  }
}

/// What making one of the misbehaving plugins and asking it throws.
template <typename Function>
std::string broken_by(const std::string& name, Function function) {
  const fs::path folder = test::test_plugins() / "misbehaving" / name;
  const Registry registry({folder});
  try {
    function(registry);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::plugin);
    EXPECT_THAT(error.what(), testing::EndsWith(fmt::format(
                                  " ({})", (folder / ("misbehaving_" + name + ".so")).string())));
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Contracts, OfSamplers) {
  const std::vector<float> logits(5);
  RandomStream random(1, "test");
  EXPECT_THAT(
      broken_by("no_such_token",
                [&](const Registry& registry) {
                  registry.make_sampler({"no_such_token", {}, {}})->choose(logits, random);
                }),
      HasSubstr("sampler 'no_such_token' broke its contract in Sampler::choose, logits [5]: "
                "it chose token 5 of 5"));
  EXPECT_THAT(broken_by("no_width",
                        [&](const Registry& registry) {
                          registry.make_sampler({"no_width", {}, {}})->width();
                        }),
              HasSubstr("in Sampler::width: it keeps 0 texts, expected at least 1"));
}

TEST(Contracts, OfTokenizers) {
  EXPECT_THAT(
      broken_by("no_such_id",
                [&](const Registry& registry) {
                  const auto made = registry.make_tokenizer({"no_such_id", {}, {}});
                  made->encode("abc", made->learn({}, {}));
                }),
      HasSubstr("in Tokenizer::encode, a text of 3 bytes, a vocabulary of 3: it gave the id "
                "17, expected 0 to 2"));
}

TEST(Contracts, OfOptimizers) {
  EXPECT_THAT(broken_by("no_rate",
                        [&](const Registry& registry) {
                          registry.make_optimizer({"no_rate", {}, {}})->learning_rate();
                        }),
              HasSubstr("in Optimizer::learning_rate: its learning rate is nan"));
}

TEST(Contracts, OfDatasets) {
  EXPECT_THAT(broken_by("wrong_features",
                        [&](const Registry& registry) {
                          registry.make_dataset({"wrong_features", {}, {}})->load();
                        }),
              HasSubstr("in Dataset::load: example 0 of train has 2 features, expected 3"));
}

TEST_F(Faults, AnArchitectureGivesALoss) {
  EXPECT_THAT(broken_by("no_loss",
                        [&](const Registry& registry) {
                          const auto made = registry.make_architecture(
                              {"no_loss", {}, {}},
                              {domain_, registry, Parameters(store_.emplace(1))});
                          Carry carry;
                          Batch batch;
                          batch.inputs = batch.targets = Tensor::zeros({T, N}, DType::i32);
                          made->run(graph_, batch, carry, nullptr);
                        }),
              HasSubstr("in Architecture::run, inputs [3, 2], targets [3, 2]: its loss is an "
                        "undefined Var"));
}

}  // namespace
}  // namespace unroll
