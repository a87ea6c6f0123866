// The registry: where it looks, what it knows, and what crosses its boundary.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

const fs::path kSound = test::test_plugins() / "sound" / "sound.so";
const std::vector<float> kLogits(10);

Node options(std::vector<std::pair<std::string, std::string>> entries) {
  std::vector<Node::Entry> map;
  for (auto& [key, value] : entries) map.push_back({key, {}, Node::scalar(value)});
  return Node::map(std::move(map));
}

Mark mark(int line, int column) {
  return {std::make_shared<const std::string>("x.yaml"), line, column};
}

template <typename Function>
std::pair<Failure, std::string> thrown(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  return {};
}

TEST(Registry, FindsTheBuildsOwnPluginsAndLoadsNone) {
  const Registry registry;
  EXPECT_THAT(registry.names("sampler"), AllOf(Contains("greedy"), Contains("temperature")));
  EXPECT_THAT(registry.names("tokenizer"), Contains("char"));
  EXPECT_TRUE(registry.loaded().empty());
  EXPECT_EQ(registry.searched().front(), test::plugins());
}

TEST(Registry, PathFollowsTheEnvironment) {
  // Whoever runs this may have plugins of their own.
  const char* data = std::getenv("XDG_DATA_HOME");
  const std::optional<std::string> theirs = data ? std::optional<std::string>(data) : std::nullopt;
  ASSERT_EQ(::setenv("XDG_DATA_HOME", "/nowhere", 1), 0);
  ASSERT_EQ(::setenv("UNROLL_PLUGIN_PATH", ("::" + kSound.string() + ":/missing").c_str(), 1), 0);
  const Registry registry;
  ASSERT_EQ(::unsetenv("UNROLL_PLUGIN_PATH"), 0);
  theirs ? ::setenv("XDG_DATA_HOME", theirs->c_str(), 1) : ::unsetenv("XDG_DATA_HOME");
  EXPECT_THAT(registry.searched(), ElementsAre(test::plugins(), kSound, fs::path("/missing")));
  EXPECT_THAT(registry.names("sampler"), Contains("sound"));
  EXPECT_THAT(thrown([&] {
                registry.make_dataset({"x", {}, {}});
              }).second,
              HasSubstr("/missing (missing)"));
}

TEST(Registry, ALibraryIsLoadedWhenNeededAndListed) {
  const Registry registry({kSound});
  EXPECT_EQ(registry.describe("sampler", "sound").summary, "always the same token");
  EXPECT_TRUE(registry.loaded().empty()) << "its file describes it";
  registry.make_sampler({"sound", {}, {}});
  ASSERT_EQ(registry.loaded().size(), 1U);
  const PluginInfo plugin = registry.loaded().front();
  EXPECT_EQ(plugin.kind, "sampler");
  EXPECT_EQ(plugin.name, "sound");
  EXPECT_EQ(plugin.version, "1.2.3");
  EXPECT_EQ(plugin.file, kSound);
  EXPECT_EQ(plugin.sha256().size(), 64U);
  EXPECT_EQ(registry.find("sampler", "sound").file, kSound);
}

TEST(Registry, DescribesEveryOption) {
  const Description description = Registry({kSound}).describe("sampler", "sound");
  ASSERT_EQ(description.options.size(), 2U);
  EXPECT_EQ(description.options[0].name, "always");
  EXPECT_EQ(description.options[0].type, "integer");
  EXPECT_EQ(description.options[0].default_value, "0");
  EXPECT_EQ(description.options[0].maximum, 9);
  EXPECT_EQ(description.options[1].choices.size(), 5U);
}

TEST(Registry, UnknownNameSaysWhatIsKnownAndWhere) {
  const Registry registry({kSound});
  Problems problems;
  registry.resolve("sampler", {"sownd", {}, mark(7, 3)}, problems);
  EXPECT_EQ(problems.text(), "x.yaml:7:3: unknown sampler 'sownd' (known: sound; searched: " +
                                 kSound.string() + "); did you mean 'sound'?");
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all().front().kind, Failure::plugin);
}

TEST(Registry, NameOfAnotherKindSaysSo) {
  const Registry registry({kSound});
  EXPECT_THAT(thrown([&] {
                registry.make_tokenizer({"sound", {}, {}});
              }).second,
              HasSubstr("'sound' is a sampler, not a tokenizer"));
}

TEST(Registry, EmptyPathKnowsNothing) {
  const auto [kind, text] = thrown([] {
    Registry(std::vector<fs::path>{}).make_optimizer({"adam", {}, {}});
  });
  EXPECT_EQ(kind, Failure::plugin);
  EXPECT_EQ(text, "unknown optimizer 'adam' (known: none; searched: nowhere)");
}

TEST(Registry, ResolvesWithDefaultsAndReportsEveryMistake) {
  const Registry registry({kSound});
  Problems problems;
  const Node resolved =
      registry.resolve("sampler", {"sound", options({{"always", "4"}}), {}}, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(resolved.find("always")->text(), "4");
  EXPECT_EQ(resolved.find("throws")->text(), "nothing");

  const auto [kind, text] = thrown([&] {
    registry.make_sampler({"sound", options({{"allways", "4"}, {"throws", "stones"}}), {}});
  });
  EXPECT_EQ(kind, Failure::usage);
  EXPECT_THAT(text, AllOf(HasSubstr("'allways'; did you mean 'always'?"), HasSubstr("stones")));
}

TEST(Registry, OptionsReachTheObject) {
  const auto sampler = Registry({kSound}).make_sampler({"sound", options({{"always", "4"}}), {}});
  RandomStream random(1, "test");
  EXPECT_EQ(sampler->choose(kLogits, random), 4) << "and the object outlives its registry";
}

TEST(Registry, ExceptionsAreCopiedAtTheBoundary) {
  const Registry registry({kSound});
  const auto making = [&](const std::string& what) {
    return thrown([&] { registry.make_sampler({"sound", options({{"throws", what}}), {}}); });
  };
  EXPECT_EQ(making("own"), std::pair(Failure::plugin,
                                     "sampler 'sound' threw while being made: an exception of the "
                                     "plugin's own type (" +
                                         kSound.string() + ")"));
  EXPECT_THAT(making("other").second,
              testing::MatchesRegex("sampler 'sound' threw while being made: an exception of type "
                                    ".*NotAnException \\(.*"));
  EXPECT_EQ(making("error"), std::pair(Failure::usage, "9 and 7 do not go (sampler 'sound' of " +
                                                           kSound.string() + ")"));
}

TEST(Registry, ExceptionsOfCallsAreCopiedToo) {
  const auto sampler =
      Registry({kSound}).make_sampler({"sound", options({{"throws", "call"}}), {}});
  RandomStream random(1, "test");
  EXPECT_EQ(thrown([&] { sampler->choose(kLogits, random); }),
            std::pair(Failure::plugin,
                      "sampler 'sound' threw in Sampler::choose, logits [10]: no token today (" +
                          kSound.string() + ")"));
}

TEST(Registry, SeveralThreadsMayLoad) {
  const Registry registry({kSound});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      RandomStream random(1, "test");
      EXPECT_EQ(registry.make_sampler({"sound", {}, {}})->choose(kLogits, random), 0);
    });
  }
}

TEST(Registry, TheSameFileTwiceIsNoDuplicate) {
  const Scratch scratch;
  fs::create_symlink(kSound, scratch / "again.so");
  const Registry registry({kSound, kSound.parent_path(), scratch.path()});
  EXPECT_EQ(registry.list().size(), 1U);
  EXPECT_THAT(registry.names("sampler"), ElementsAre("sound"));
}

}  // namespace
}  // namespace unroll
