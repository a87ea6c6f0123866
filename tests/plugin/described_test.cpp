// The description within a plugin's file: written after the build, read without running anything,
// and held against the code when it is loaded.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include <unroll/config/describe.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/plugin/described.hpp>
#include <unroll/plugin/loader.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const fs::path kSound = test::test_plugins() / "sound" / "sound.so";

template <typename Function>
std::string refusal(Function function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::plugin);
    return error.what();
  }
  return "nothing was thrown";
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(Described, JsonSaysAllThatADescriptionHas) {
  OptionDescription inner;
  inner.name = "steps";
  inner.type = "integer";
  inner.required = true;
  inner.minimum = 1;
  OptionDescription option;
  option.name = "rate";
  option.type = "list of optimizers";
  option.default_value = "[\"a\", {b: 1}]";
  option.meaning = "how \"fast\"\n\x01 — ünïcode";
  option.minimum = -std::numeric_limits<double>::infinity();
  option.maximum = 0.1;
  option.minimum_excluded = true;
  option.choices = {"x", "y, z"};
  option.plugin_kind = "optimizer";
  option.nested = {inner};
  const std::string json = describe_json({"A thing (Noone 1999)", {option}});
  EXPECT_EQ(describe_json(description_of_json(json)), json);
  EXPECT_THAT(json, HasSubstr(R"("paper": "Noone 1999")"));
}

TEST(Described, PaperIsWhatStandsInBracketsWithAYear) {
  EXPECT_EQ(paper_of("Adam (Kingma and Ba 2015, arXiv 1412.6980)"),
            "Kingma and Ba 2015, arXiv 1412.6980");
  EXPECT_EQ(paper_of("draws from softmax(logits / temperature), of 2015"), "");
  EXPECT_EQ(paper_of("a net (small), after all (Elman 1990)"), "Elman 1990");
  EXPECT_EQ(paper_of("a year (in 20155 or 1990"), "");
  EXPECT_EQ(paper_of(""), "");
}

TEST(Described, DamageIsSaidAndUnknownKeysArePassedOver) {
  EXPECT_EQ(description_of_json(R"({"summary": "s", "colour": "red", "options": []})").summary,
            "s");
  const auto said = [](const char* json) { return refusal([&] { description_of_json(json); }); };
  EXPECT_EQ(said("{"), "its description is damaged: it is no JSON");
  EXPECT_EQ(said("[]"), "its description is damaged: it is no JSON");
  EXPECT_EQ(said(R"({"summary": 3})"), "its description is damaged: 'summary' is no text");
  EXPECT_EQ(said(R"({"options": [3]})"), "its description is damaged: an option is no map");
  EXPECT_EQ(said(R"({"options": [{"name": "a"}]})"),
            "its description is damaged: an option lacks its name or type");
  EXPECT_EQ(said(R"({"options": [{"name": "a", "type": "b", "minimum": "low"}]})"),
            "its description is damaged: 'minimum' is no number");
  std::string deep = R"({"options": [)";
  for (int i = 0; i < 5000; ++i) deep += R"({"name": "a", "type": "map", "options": [)";
  for (int i = 0; i < 5000; ++i) deep += "]}";
  EXPECT_EQ(said((deep + "]}").c_str()),
            "its description is damaged: 'options' is no list of options");
}

TEST(Described, TheBuildsPluginsAreDescribedWithoutBeingLoaded) {
  const Registry registry({test::plugins()});
  int described = 0;
  for (const PluginInfo& plugin : registry.list()) {
    EXPECT_TRUE(plugin.described) << plugin.file;
    EXPECT_NE(registry.describe(plugin.kind, plugin.name).summary, "") << plugin.file;
    ++described;
  }
  EXPECT_GT(described, 30);
  EXPECT_THAT(registry.loaded(), testing::IsEmpty());
}

TEST(Described, IsWrittenAgainOverAnother) {
  const Scratch scratch;
  const fs::path file = scratch / "copy.so";
  fs::copy_file(kSound, file);
  const auto described = [&] { return Registry({file}).describe("sampler", "sound"); };
  const std::string right = describe_json(described());
  write_description(file, {"something else", {}});
  EXPECT_EQ(described().summary, "something else");
  EXPECT_EQ(fs::status(file).permissions(), fs::status(kSound).permissions());
  describe_library(file);
  EXPECT_EQ(describe_json(described()), right);
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("copy.so")) << "nothing is left beside it";
}

TEST(Described, CodeThatSaysAnythingElseIsRefused) {
  const Scratch scratch;
  const fs::path file = scratch / "copy.so";
  fs::copy_file(kSound, file);
  const Description right = Registry({file}).describe("sampler", "sound");
  const auto loading = [&](const Description& written) {
    write_description(file, written);
    return refusal([&] { Registry({file}).make_sampler({"sound", {}, {}}); });
  };
  EXPECT_EQ(loading(right), "nothing was thrown");
  Description other = right;
  other.options[0].maximum = 12;
  EXPECT_THAT(loading(other),
              AllOf(StartsWith(file.string() +
                               ": its description in the file is not that of its code: option "
                               "'always': the file says {"),
                    HasSubstr(R"("maximum": 12)"), HasSubstr(R"("maximum": 9)")));
  other = right;
  other.options.pop_back();
  EXPECT_THAT(loading(other), HasSubstr("option 'throws': the file says nothing of it"));
  other = right;
  other.options.push_back(right.options[0]);
  other.options.back().name = "more";
  EXPECT_THAT(loading(other), HasSubstr("option 'more': its code has none of that name"));
  other = right;
  other.summary = "a better one";
  EXPECT_THAT(loading(other), HasSubstr("the file says 'a better one', its code 'always the same"));
}

TEST(Described, DamageInTheFileIsARefusal) {
  const Scratch scratch;
  std::string bytes = read_file(kSound);
  const std::size_t at = bytes.find(R"({"summary": "always)");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = '!';
  std::ofstream(scratch / "bad.so", std::ios::binary) << bytes;
  EXPECT_EQ(inspect_plugin(scratch / "bad.so").refused,
            (scratch / "bad.so").string() +
                ": its description is damaged: it is no JSON: build it again");
}

TEST(Described, WithoutASectionTheCodeIsAsked) {
  const Scratch scratch;
  const fs::path file = scratch / "bare.so";
  fs::copy_file(test::test_plugins() / "undescribed" / "undescribed.so", file);
  const Registry registry({file});
  ASSERT_EQ(registry.list().size(), 1U);
  EXPECT_FALSE(registry.list()[0].described);
  EXPECT_EQ(registry.describe("sampler", "sound").summary, "always the same token");
  EXPECT_EQ(registry.loaded().size(), 1U);
}

TEST(Described, NothingIsWrittenIntoWhatCannotBeLoaded) {
  const Scratch scratch;
  const fs::path broken = test::test_plugins() / "broken/throws_on_load/broken_throws_on_load.so";
  fs::copy_file(broken, scratch / "broken.so");
  EXPECT_EQ(refusal([&] { describe_library(scratch / "broken.so"); }),
            (scratch / "broken.so").string() +
                ": threw while being loaded: the table of frequencies is missing");
  EXPECT_EQ(read_file(scratch / "broken.so"), read_file(broken));
}

TEST(Described, AnObjcopyThatFailsLeavesTheFile) {
  const Scratch scratch;
  const fs::path file = scratch / "copy.so";
  fs::copy_file(kSound, file);
  EXPECT_THAT(refusal([&] { write_description(file, {}, "no-such-objcopy"); }),
              StartsWith(file.string() + ": no-such-objcopy cannot write its description: "));
  EXPECT_EQ(read_file(file), read_file(kSound));
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("copy.so"));
}

}  // namespace
}  // namespace unroll
