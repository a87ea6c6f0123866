#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/mapped_file.hpp>
#include "core/error_of.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::HasSubstr;

TEST(MappedFile, ShowsWhatTheFileHolds) {
  Scratch folder;
  const std::string content(100000, 'x');
  write_file_atomically(folder / "a", content + "end");
  MappedFile file(folder / "a");
  EXPECT_EQ(file.bytes(), content + "end");
  file.release(file.bytes().substr(5, 50000));
  file.release("of another");
  EXPECT_EQ(file.bytes(), content + "end") << "what was released is read again";

  const char* where = file.bytes().data();
  MappedFile moved = std::move(file);
  EXPECT_EQ(moved.bytes().data(), where);
  write_file_atomically(folder / "a", "another");
  EXPECT_EQ(moved.bytes(), content + "end") << "a file renamed over it changes nothing";
  moved = MappedFile(folder / "a");
  EXPECT_EQ(moved.bytes(), "another");
}

TEST(MappedFile, OfNothingIsEmpty) {
  Scratch folder;
  write_file_atomically(folder / "a", "");
  EXPECT_EQ(MappedFile(folder / "a").bytes(), "");
  EXPECT_EQ(MappedFile().bytes(), "");
}

TEST(MappedFile, SaysWhyItCannotBeRead) {
  Scratch folder;
  EXPECT_THAT(error_of([&] { MappedFile file(folder / "no"); }),
              HasSubstr("no: cannot be read: No such file"));
  EXPECT_THAT(error_of([&] { MappedFile file(folder / "."); }), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace unroll
