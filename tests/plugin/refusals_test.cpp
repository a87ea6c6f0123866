// One broken library a refusal, and the text of each refusal.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <unroll/core/error.hpp>
#include <unroll/plugin/manifest.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const fs::path kPlugins = test::test_plugins();
const fs::path kSound = kPlugins / "sound" / "sound.so";
const std::vector<float> kLogits(10);

fs::path broken(const std::string& name) {
  return kPlugins / "broken" / name / ("broken_" + name + ".so");
}

// The message of the Error(plugin) that this throws: one line, by contract.
template <typename Function>
std::string refusal(Function function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::plugin);
    EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

// Searches a broken library beside the sound one, which must go on working.
class Beside {
 public:
  explicit Beside(const fs::path& file) : file_(file), registry({file, kSound}) {
    EXPECT_EQ(registry.make_sampler({"sound", {}, {}})->choose(kLogits, random_), 0);
  }
  // Why the library is listed as refused.
  std::string listed() const {
    for (const auto& plugin : registry.list()) {
      if (plugin.file == file_) return plugin.refused;
    }
    return "not listed";
  }
  std::string on_use(const std::string& name) const {
    return refusal([&] { registry.make_sampler({name, {}, {}}); });
  }

 private:
  fs::path file_;
  RandomStream random_{1, "test"};

 public:
  Registry registry;
};

TEST(Refusals, LibraryWithoutManifest) {
  const Beside beside(broken("no_manifest"));
  EXPECT_EQ(beside.listed(), broken("no_manifest").string() +
                                 ": no manifest: a library, but not a plugin of Unroll (is the "
                                 "UNROLL_PLUGIN line missing?)");
  EXPECT_THAT(beside.on_use("no_manifest"),
              AllOf(StartsWith("unknown sampler 'no_manifest' (known: sound; searched: "),
                    HasSubstr("; refused: " + beside.listed())));
}

TEST(Refusals, DamagedManifest) {
  EXPECT_EQ(
      Beside(broken("damaged_manifest")).listed(),
      broken("damaged_manifest").string() + ": its manifest is damaged: unknown kind 'saxophone'");
}

TEST(Refusals, OtherAbi) {
  const Beside beside(broken("other_abi"));
  EXPECT_EQ(beside.on_use("future"),
            broken("other_abi").string() +
                ": built for plugin ABI 999 (Unroll 99.0.0), this is ABI " + host_manifest().abi +
                " (Unroll " UNROLL_FRAMEWORK_VERSION
                "): rebuild the plugin against this Unroll's headers");
  EXPECT_EQ(beside.listed(), beside.on_use("future"));
}

TEST(Refusals, NewerFramework) {
  EXPECT_EQ(Beside(broken("other_framework")).on_use("tomorrow"),
            broken("other_framework").string() +
                ": built for Unroll 0.99.0, newer than this Unroll " UNROLL_FRAMEWORK_VERSION
                ", which may lack what it needs: rebuild the plugin against this one, or update "
                "Unroll");
}

TEST(Refusals, OtherCompiler) {
  EXPECT_EQ(Beside(broken("other_compiler")).on_use("foreign"),
            broken("other_compiler").string() +
                ": built with compiler cfront 3, this Unroll with " UNROLL_COMPILER
                ": rebuild the plugin with the same");
}

TEST(Refusals, OtherContainers) {
  EXPECT_EQ(Beside(broken("debug_containers")).on_use("fat"),
            broken("debug_containers").string() +
                ": built with _GLIBCXX_DEBUG yes, this Unroll with " UNROLL_GLIBCXX_DEBUG
                ": rebuild the plugin with the same");
}

TEST(Refusals, NoSymbol) {
  const Beside beside(broken("no_symbol"));
  EXPECT_EQ(beside.listed(), "") << "only loading shows it";
  EXPECT_EQ(beside.on_use("hollow"), broken("no_symbol").string() +
                                         ": has a manifest but no symbol 'unroll_plugin': export "
                                         "it with UNROLL_PLUGIN");
  EXPECT_EQ(beside.listed(), beside.on_use("hollow")) << "remembered, not tried again";
}

TEST(Refusals, TableOfOtherAbi) {
  EXPECT_EQ(Beside(broken("entry_abi")).on_use("mixed"),
            broken("entry_abi").string() + ": its entry has ABI 7, its manifest says " +
                host_manifest().abi);
}

TEST(Refusals, SymbolThatLeadsNowhere) {
  EXPECT_EQ(Beside(broken("null_entry")).on_use("nowhere"),
            broken("null_entry").string() + ": its entry has ABI 0, its manifest says " +
                host_manifest().abi);
}

TEST(Refusals, CodeOfOtherName) {
  EXPECT_EQ(Beside(broken("other_name")).on_use("jekyll"),
            broken("other_name").string() +
                ": its manifest says sampler 'jekyll', its code sampler 'hyde'");
}

TEST(Refusals, UndefinedSymbolIsNamedByTheLinkersOwnMessage) {
  EXPECT_THAT(Beside(broken("undefined_symbol")).on_use("needy"),
              AllOf(StartsWith(broken("undefined_symbol").string() + ": cannot be loaded: "),
                    HasSubstr("undefined symbol"), HasSubstr("function_nobody_defined")));
}

TEST(Refusals, ThrowsWhileBeingLoaded) {
  EXPECT_EQ(Beside(broken("throws_on_load")).on_use("explosive"),
            broken("throws_on_load").string() +
                ": threw while being loaded: the table of frequencies is missing");
}

TEST(Refusals, CrashesWhileBeingLoaded) {
  EXPECT_EQ(
      Beside(broken("aborts_on_load")).on_use("fatal"),
      broken("aborts_on_load").string() + ": was killed by signal 6 (Aborted) while being loaded");
}

TEST(Refusals, EndsTheProgramWhileBeingLoaded) {
  EXPECT_EQ(
      Beside(broken("exits_on_load")).on_use("quitter"),
      broken("exits_on_load").string() + ": ended the program with status 3 while being loaded");
}

TEST(Refusals, EntryThrowsWhatIsNoException) {
  EXPECT_EQ(
      Beside(broken("throws_on_entry")).on_use("rude"),
      broken("throws_on_entry").string() + ": 'unroll_plugin' threw: an exception of type int");
}

TEST(Refusals, ThrowsWhileDescribing) {
  const Beside beside(broken("throws_on_describe"));
  EXPECT_EQ(refusal([&] { beside.registry.describe("sampler", "shy"); }),
            "sampler 'shy' threw while describing its options: no words (" +
                broken("throws_on_describe").string() + ")");
  EXPECT_EQ(beside.on_use("shy"), "sampler 'shy' threw while reading its options: no words (" +
                                      broken("throws_on_describe").string() + ")");
}

TEST(Refusals, TextFile) {
  const Scratch scratch;
  std::ofstream(scratch / "cell_text.so") << "this is a poem, not a library\n";
  const Beside beside(scratch / "cell_text.so");
  EXPECT_EQ(beside.listed(), (scratch / "cell_text.so").string() + ": not an ELF library");
  EXPECT_THAT(beside.on_use("text"), HasSubstr("; refused: " + beside.listed()));
}

TEST(Refusals, EmptyFile) {
  const Scratch scratch;
  std::ofstream(scratch / "empty.so").flush();
  EXPECT_EQ(Beside(scratch / "empty.so").listed(),
            (scratch / "empty.so").string() + ": not an ELF library (the file is empty)");
}

TEST(Refusals, TruncatedLibrary) {
  const Scratch scratch;
  fs::copy_file(kSound, scratch / "half.so");
  fs::resize_file(scratch / "half.so", fs::file_size(kSound) / 2);
  EXPECT_THAT(Beside(scratch / "half.so").listed(),
              AllOf(StartsWith((scratch / "half.so").string() + ": truncated or damaged library: "),
                    HasSubstr("the file has " + std::to_string(fs::file_size(kSound) / 2))));
}

TEST(Refusals, LibraryTruncatedAfterTheScan) {
  const Scratch scratch;
  fs::copy_file(kSound, scratch / "sound.so");
  const Registry registry({scratch.path()});
  EXPECT_THAT(registry.names("sampler"), testing::ElementsAre("sound"));
  fs::resize_file(scratch / "sound.so", fs::file_size(kSound) / 2);
  EXPECT_THAT(refusal([&] {
                registry.make_sampler({"sound", {}, {}});
              }),
              HasSubstr("truncated or damaged library"));
}

TEST(Refusals, ProgramAndPipeAndFolder) {
  const Scratch scratch;
  fs::create_directory(scratch / "folder.so");
  ASSERT_EQ(::mkfifo((scratch / "pipe.so").c_str(), 0600), 0);
  const Registry registry({scratch.path()});
  const auto all = registry.list();
  ASSERT_EQ(all.size(), 2U);
  for (const auto& plugin : all) {
    EXPECT_EQ(plugin.refused, plugin.file.string() + ": not a plugin: not a regular file");
  }
}

TEST(Refusals, DuplicateNameNamesBothFiles) {
  const fs::path twin = kPlugins / "twin" / "sound_twin.so";
  const Registry registry({kSound.parent_path(), twin.parent_path()});
  const std::string text = "sampler 'sound' is in two libraries, " + kSound.string() + " and " +
                           twin.string() + ": remove one of them";
  EXPECT_EQ(refusal([&] { registry.make_sampler({"sound", {}, {}}); }), text);
  for (const auto& plugin : registry.list()) EXPECT_EQ(plugin.refused, text);
  EXPECT_THAT(registry.names("sampler"), testing::IsEmpty());
}

TEST(Refusals, AddSaysWhyAtOnce) {
  Registry registry({kSound});
  EXPECT_EQ(refusal([&] { registry.add("/no/such/folder"); }),
            "/no/such/folder: no such plugin file or folder");
  EXPECT_THAT(refusal([&] { registry.add(broken("other_abi")); }), HasSubstr("plugin ABI 999"));
  registry.add(broken("other_abi").parent_path());  // a folder may hold anything
}

}  // namespace
}  // namespace unroll
