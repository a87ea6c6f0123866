#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/sha256.hpp>
#include "core/error_of.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

std::ptrdiff_t files_in(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

TEST(Files, ReadsWhatWasWritten) {
  Scratch folder;
  const auto path = folder / "a.bin";
  write_file_atomically(path, "one\0two\r\n"s);
  EXPECT_EQ(read_file(path), "one\0two\r\n"s);
  write_file_atomically(path, "");
  EXPECT_EQ(read_file(path), "");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(Files, SaysWhyAFileCannotBeRead) {
  Scratch folder;
  const auto path = folder / "x";
  EXPECT_EQ(error_of([&] { read_file(path); }),
            path.string() + ": cannot be read: No such file or directory");
  EXPECT_EQ(error_of([&] { read_file(folder.path()); }),
            folder.path().string() + ": is a directory, not a file");
  write_file_atomically(path, "12345");
  EXPECT_EQ(error_of([&] { read_file(path, 4); }),
            path.string() + ": has 5 bytes; at most 4 are read");
  EXPECT_EQ(read_file(path, 5), "12345");
}

// Opening a pipe must not wait for a writer.
TEST(Files, RefusesPipesAtOnce) {
  Scratch folder;
  const auto path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { read_file(path); }), path.string() + ": is not a regular file");
}

TEST(Files, AFailedWriteLeavesNothingBehind) {
  Scratch folder;
  EXPECT_THAT(error_of([&] { write_file_atomically(folder / "no/such/x", "a"); }),
              HasSubstr("no/such/x: cannot be written: No such file or directory"));
  // A folder cannot be replaced by a file: the last step fails and the temporary file goes.
  std::filesystem::create_directory(folder / "d");
  EXPECT_THAT(error_of([&] { write_file_atomically(folder / "d", "a"); }),
              HasSubstr("/d: cannot be written: Is a directory"));
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(Files, AFullDiskIsAnError) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  Scratch folder;
  const auto path = folder / "x";
  const auto temporary = folder.path() / ("x." + std::to_string(::getpid()) + ".tmp");
  std::filesystem::create_symlink("/dev/full", temporary);
  EXPECT_EQ(error_of([&] { write_file_atomically(path, "a"); }),
            path.string() + ": cannot be written: No space left on device");
  EXPECT_EQ(files_in(folder.path()), 0);
}

// FIPS 180-4 examples, and a file longer than one piece.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string million(1'000'000, 'a');
  const char* answer = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  EXPECT_EQ(sha256(million), answer);
  Scratch folder;
  write_file_atomically(folder / "m", million);
  EXPECT_EQ(sha256_of_file(folder / "m"), answer);
  EXPECT_THAT(error_of([&] { sha256_of_file(folder / "n"); }),
              HasSubstr("/n: cannot be read: No such file or directory"));
  EXPECT_THAT(error_of([&] { sha256_of_file(folder.path()); }),
              HasSubstr("cannot be read: Is a directory"));
}

}  // namespace
}  // namespace unroll
