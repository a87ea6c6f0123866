// Whose plugins are loaded, and where the dynamic loader would look for what they need.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <unroll/plugin/trust.hpp>

#include "paths.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class Trust : public testing::Test {
 protected:
  std::string with(mode_t file_mode, mode_t folder_mode) const {
    EXPECT_EQ(::chmod(file_.c_str(), file_mode), 0);
    EXPECT_EQ(::chmod(folder_.c_str(), folder_mode), 0);
    return distrust(file_);
  }

  Scratch scratch_;
  const fs::path folder_ = [this] {
    fs::create_directory(scratch_ / "folder");
    return scratch_ / "folder";
  }();
  const fs::path file_ = [this] {
    std::ofstream(folder_ / "x.so") << "x";
    return folder_ / "x.so";
  }();
};

TEST_F(Trust, IsOfWhatOnlyTheOwnerMayChange) {
  EXPECT_EQ(with(0644, 0755), "");
  EXPECT_EQ(with(0600, 0700), "");
  EXPECT_EQ(with(0644, 0775), "") << "a folder of a group is the group's business";
  EXPECT_EQ(with(0644, 01777), "") << "others may not remove what they do not own";
  EXPECT_THAT(with(0646, 0755), StartsWith("everybody may write it (mode 0646): chmod go-w "));
  EXPECT_THAT(with(0644, 0777), StartsWith("everybody may write its folder " + folder_.string() +
                                           " (mode 0777): chmod o-w "));
}

TEST_F(Trust, GoesUpToTheRoot) {
  fs::create_directories(folder_ / "a/b");
  std::ofstream(folder_ / "a/b/y.so") << "y";
  EXPECT_EQ(distrust(folder_ / "a/b/y.so"), "");
  EXPECT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_THAT(distrust(folder_ / "a/b/y.so"), HasSubstr("its folder " + folder_.string()));
  fs::create_directory_symlink(folder_ / "a", scratch_ / "link");
  EXPECT_THAT(distrust(scratch_ / "link/b/y.so"), HasSubstr("its folder " + folder_.string()));
}

TEST_F(Trust, OfNothingIsLeftToWhoReadsIt) {
  EXPECT_EQ(distrust(folder_ / "missing.so"), "");
}

TEST(SearchPath, OfABuiltPluginIsAbsolute) {
  ElfLibrary library(test::plugins() / "sampler_greedy.so");
  const ElfLibrary::Needs needs = library.needs();
  EXPECT_THAT(needs.libraries, testing::Contains(StartsWith("libunroll.so")));
  ASSERT_EQ(needs.search.size(), 1U);
  EXPECT_THAT(needs.search[0], StartsWith("$ORIGIN/"));
  EXPECT_EQ(search_through_current_folder(needs), "");
}

TEST(SearchPath, ThroughTheCurrentFolderIsSaid) {
  const auto of = [](std::vector<std::string> libraries, std::vector<std::string> search) {
    return search_through_current_folder({std::move(libraries), std::move(search)});
  };
  EXPECT_EQ(of({"libm.so.6", "/opt/x.so", "$ORIGIN/y.so"}, {"/a:$ORIGIN/..:${ORIGIN}"}), "");
  EXPECT_THAT(of({}, {"/a:"}), HasSubstr("RUNPATH '/a:' has the empty entry ''"));
  EXPECT_THAT(of({}, {""}), HasSubstr("the empty entry ''"));
  EXPECT_THAT(of({}, {"/a:lib:/b"}), HasSubstr("the relative entry 'lib'"));
  EXPECT_THAT(of({}, {"/a", "."}), HasSubstr("the relative entry '.'"));
  EXPECT_THAT(of({"build/libx.so"}, {}), HasSubstr("it needs the library 'build/libx.so'"));
}

}  // namespace
}  // namespace unroll
