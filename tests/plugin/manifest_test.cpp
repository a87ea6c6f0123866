// Reading manifests: from text, from libraries, and from what is left of libraries.
#include <gmock/gmock.h>

#include <fstream>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/random.hpp>
#include <unroll/plugin/elf.hpp>
#include <unroll/plugin/loader.hpp>
#include <unroll/plugin/manifest.hpp>

#include "paths.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

const std::filesystem::path kSound = test::test_plugins() / "sound/sound.so";

std::string refusal(std::string_view text) {
  try {
    parse_manifest(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Manifest, IsReadWithoutLoading) {
  const Inspection inspection = inspect_plugin(kSound);
  EXPECT_EQ(inspection.refused, "");
  EXPECT_EQ(inspection.manifest.kind, "sampler");
  EXPECT_EQ(inspection.manifest.name, "sound");
  EXPECT_EQ(inspection.manifest.version, "1.2.3");
  EXPECT_EQ(inspection.manifest.build, host_manifest().build);
}

TEST(Manifest, RefusesWhatIsNotOne) {
  const std::string good = UNROLL_MANIFEST_TEXT("cell", "lstm", "1.0.0");
  EXPECT_EQ(refusal(good), "accepted");
  EXPECT_EQ(refusal(good + std::string(3, '\0')), "accepted") << "sections are padded";
  EXPECT_EQ(refusal(""), "its manifest is damaged: it does not begin with 'unroll-plugin'");
  EXPECT_EQ(refusal(good + good), "its manifest is there twice: one UNROLL_PLUGIN line a library");
  EXPECT_EQ(refusal(good + "rest"), "its manifest is damaged: a line is not 'key: value'");
  EXPECT_EQ(refusal(good + "note: \x1b[31m\n"),
            "its manifest is damaged: a line is not plain text");
  EXPECT_EQ(refusal(UNROLL_MANIFEST_TEXT("cell", "../lstm", "1")),
            "its manifest is damaged: '../lstm' is no name");
  EXPECT_EQ(refusal(UNROLL_MANIFEST_TEXT("cell", "lstm", "")),
            "its manifest is damaged: '' is no version");
  EXPECT_EQ(refusal("unroll-plugin\nkind: cell\nname: lstm\nversion: 1\n"),
            "its manifest is damaged: it names no ABI");
}

TEST(Manifest, MissingStampsDiffer) {
  Manifest manifest = host_manifest();
  EXPECT_EQ(mismatch(manifest), "");
  manifest.build.clear();
  EXPECT_EQ(mismatch(manifest),
            "built for Unroll nothing, unlike this Unroll " UNROLL_FRAMEWORK_VERSION
            ", which may lack what it needs: rebuild the plugin against this one, or update "
            "Unroll");
}

TEST(Manifest, OfAnEarlierFrameworkWithTheSameAbiIsWelcome) {
  const auto with = [](const std::string& version) {
    Manifest manifest = host_manifest();
    manifest.build[0] = {"framework", version};
    return mismatch(manifest);
  };
  EXPECT_EQ(with("0.0.9"), "");
  EXPECT_EQ(with("0.0.99"), "");
  EXPECT_NE(with("0.1.1"), "");
  EXPECT_NE(with("0.10.0"), "");
  EXPECT_NE(with("1.0"), "");
  EXPECT_NE(with(""), "");
  Manifest other = host_manifest();
  other.abi = "2";
  EXPECT_THAT(mismatch(other), testing::StartsWith("built for plugin ABI 2 (Unroll "));
}

// Every third is truncated, every third has bytes replaced, every third both, in the headers
// above all. Nothing may crash or read outside the file (address sanitizer), nor take long.
TEST(Manifest, SurvivesDamagedLibraries) {
  const std::string sound = read_file(kSound);
  const Scratch scratch;
  const std::filesystem::path file = scratch / "damaged.so";
  RandomStream random(20, "damage");
  int refused = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::string bytes = sound;
    if (trial % 3 != 0) {
      const std::size_t changes = 1 + random.below(16);
      for (std::size_t i = 0; i < changes; ++i) {
        // The ELF header, the segments, anywhere, or the sections at the end.
        const std::size_t zones[] = {64, 700, bytes.size(), 2500};
        const std::size_t zone = random.below(4);
        const std::size_t offset = random.below(zones[zone]);
        const std::size_t at = zone == 3 ? bytes.size() - 1 - offset : offset;
        bytes[at] = static_cast<char>(random.below(256));
      }
    }
    if (trial % 3 != 1) bytes.resize(random.below(bytes.size()));
    std::ofstream(file, std::ios::binary) << bytes;
    const Inspection inspection = inspect_plugin(file);
    refused += inspection.refused.empty() ? 0 : 1;
    if (trial % 3 != 1) {
      EXPECT_NE(inspection.refused, "") << "truncated to " << bytes.size();
    }
    if (!inspection.refused.empty()) {
      EXPECT_THAT(inspection.refused, testing::HasSubstr(file.string()));
      EXPECT_THAT(inspection.refused, testing::Not(testing::HasSubstr("\n")));
    }
  }
  EXPECT_GE(refused, 200);
}

TEST(Elf, MissingSectionIsNothing) {
  EXPECT_EQ(read_elf_section(kSound, "no_such_section"), std::nullopt);
  EXPECT_EQ(read_elf_section(kSound, "unroll_manifes"), std::nullopt) << "a prefix is another name";
  EXPECT_NE(read_elf_section(kSound, UNROLL_MANIFEST_SECTION), std::nullopt);
}

TEST(Elf, RefusesLargeSections) {
  EXPECT_THROW(read_elf_section(kSound, ".text", 16), Error);
}

}  // namespace
}  // namespace unroll
