// The cache of encoded texts: what was put is found, and nothing that is damaged or of another.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/training/text_cache.hpp>
#include "results/scratch.hpp"

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kKey(64, 'a'), kOther(64, 'b');

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

bool put(const TextCache& cache, const std::string& key, std::string_view content) {
  return cache.put(key, "ids", [&](const auto& append) {
    append(content.substr(0, content.size() / 2));
    append(content.substr(content.size() / 2));
  });
}

std::string found(const TextCache& cache, const std::string& key) {
  const auto entry = cache.find(key, "ids");
  return entry ? std::string(entry->content) : "nothing";
}

TEST(TextCache, FindsWhatWasPut) {
  Scratch folder;
  const TextCache cache({folder / "deep/cache", 0});
  EXPECT_EQ(found(cache, kKey), "nothing");
  const std::string large((std::size_t{9} << 20) + 5, 'x');
  ASSERT_TRUE(put(cache, kKey, large));
  ASSERT_TRUE(put(cache, kOther, ""));
  EXPECT_EQ(found(cache, kKey), large);
  EXPECT_EQ(found(cache, kOther), "");
  EXPECT_EQ(cache.find(kKey, "vocabulary"), nullptr);
  EXPECT_EQ(files_in(folder / "deep/cache"), 2U) << "and no draft";
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(cache.find(kKey, "ids")->content.data()) % 8, 0U);
}

TEST(TextCache, DamageIsToldAndRemoved) {
  Scratch folder;
  const TextCache cache({folder.path(), 0});
  const std::string content(100000, 'x');
  ASSERT_TRUE(put(cache, kKey, content));
  const fs::path place = folder / (kKey + ".ids");
  const std::string good = read_file(place);
  std::vector<std::string> bad;
  for (const std::size_t at : {0U, 8U, 20U, 30U, 100U, 200U, 256U, 5000U, 100255U}) {
    bad.push_back(good);
    bad.back()[at] = static_cast<char>(bad.back()[at] ^ 1);
  }
  for (const std::size_t size : {0U, 10U, 256U, 100000U}) bad.push_back(good.substr(0, size));
  bad.push_back(good + "x");
  for (const std::string& damaged : bad) {
    write_file_atomically(place, damaged);
    testing::internal::CaptureStderr();
    EXPECT_EQ(found(cache, kKey), "nothing");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr(".ids: is damaged"));
    EXPECT_FALSE(fs::exists(place));
  }
  write_file_atomically(folder / (kOther + ".ids"), good);
  testing::internal::CaptureStderr();
  EXPECT_EQ(found(cache, kOther), "nothing") << "of another key";
  testing::internal::GetCapturedStderr();
}

TEST(TextCache, AnEntryInUseMayBeRemovedAndReplaced) {
  Scratch folder;
  const TextCache cache({folder.path(), 0});
  ASSERT_TRUE(put(cache, kKey, "first"));
  const auto entry = cache.find(kKey, "ids");
  ASSERT_TRUE(put(cache, kKey, "again"));
  EXPECT_EQ(entry->content, "first");
  fs::remove_all(folder.path());
  EXPECT_EQ(entry->content, "first");
}

TEST(TextCache, WhereNothingCanBeWrittenItSaysSo) {
  Scratch folder;
  write_file_atomically(folder / "file", "");
  testing::internal::CaptureStderr();
  EXPECT_FALSE(put(TextCache({folder / "file/cache", 0}), kKey, "x"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("file/cache: encoded texts cannot"));

  const TextCache cache({folder / "cache", 0});
  EXPECT_THROW(cache.put(kKey, "ids",
                         [](const auto& append) {
                           append("half");
                           throw std::runtime_error("no");
                         }),
               std::runtime_error);
  EXPECT_EQ(files_in(folder / "cache"), 0U);
}

TEST(TextCache, TheOldestMakeRoom) {
  Scratch folder;
  const TextCache cache({folder.path(), 0, 5000});
  using std::chrono::hours;
  const auto now = fs::file_time_type::clock::now();
  const std::string content(1500, 'x');
  for (const char* name : {"1", "2", "3"}) {
    const std::string key(64, name[0]);
    ASSERT_TRUE(put(cache, key, content));
    fs::last_write_time(folder / (key + ".ids"), now - hours(5 - std::atoi(name)));
  }
  EXPECT_EQ(found(cache, std::string(64, '2')), content) << "found, it is the newest";
  EXPECT_EQ(found(cache, std::string(64, '1')), "nothing") << "three are more than they may be";
  write_file_atomically(folder / "x.ids.77.tmp", "left behind by a kill");
  fs::last_write_time(folder / "x.ids.77.tmp", now - hours(25));
  write_file_atomically(folder / "x.ids.78.tmp", "being written");
  write_file_atomically(folder / "letter.txt", "somebody's");
  ASSERT_TRUE(put(cache, std::string(64, '4'), content));
  EXPECT_EQ(found(cache, std::string(64, '3')), "nothing");
  EXPECT_EQ(found(cache, std::string(64, '2')), content);
  EXPECT_FALSE(fs::exists(folder / "x.ids.77.tmp"));
  EXPECT_TRUE(fs::exists(folder / "x.ids.78.tmp"));
  EXPECT_TRUE(fs::exists(folder / "letter.txt"));
}

TEST(TextCache, TwoProcessesAtOnce) {
  Scratch folder;
  const TextCache cache({folder.path(), 0});
  const std::string content(300000, 'x');
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      bool good = true;
      for (int round = 0; round < 30; ++round)
        good = put(cache, kKey, content) && found(cache, kKey) == content && good;
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(found(cache, kKey), content);
  EXPECT_EQ(files_in(folder.path()), 1U);
}

class Environment : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }
  static void clear() {
    for (const char* name :
         {"UNROLL_CACHE", "UNROLL_NO_CACHE", "UNROLL_CACHE_LEAST", "UNROLL_CACHE_MOST"})
      ::unsetenv(name);
  }
};

TEST_F(Environment, SaysWhereAndHowMuch) {
  ::setenv("UNROLL_CACHE", "/somewhere", 1);
  ::setenv("UNROLL_CACHE_LEAST", "0.5", 1);
  ::setenv("UNROLL_CACHE_MOST", "3000", 1);
  TextCache::Options options = TextCache::by_environment();
  EXPECT_EQ(options.folder, "/somewhere");
  EXPECT_EQ(options.least, 500000U);
  EXPECT_EQ(options.most, 3000000000U);
  EXPECT_TRUE(TextCache(options).wants(500000));
  EXPECT_FALSE(TextCache(options).wants(499999));
  ::setenv("UNROLL_NO_CACHE", "1", 1);
  EXPECT_FALSE(TextCache(TextCache::by_environment()).wants(500000));
  ::setenv("UNROLL_CACHE_MOST", "3 GB", 1);
  EXPECT_THROW(TextCache::by_environment(), Error);
}

}  // namespace
}  // namespace unroll
