// The reader of run files beside the HDF5 library: both find the same, in small files and in those
// whose groups, rows and texts need every structure that the library makes.
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/results/hdf5.hpp>
#include <unroll/results/plain_hdf5.hpp>

#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Array counting(std::int64_t rows, std::int64_t columns) {
  std::vector<float> values(static_cast<std::size_t>(rows * columns));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return {{rows, columns}, std::move(values), {{"axes", "row,column"}}};
}

/// Equal to what the library reads of the same bytes, group by group.
void expect_as_library(const Hdf5File& made) {
  const Scratch scratch;
  const std::string bytes = made.bytes();
  std::ofstream(scratch / "made.h5", std::ios::binary) << bytes;
  const Hdf5File library = Hdf5File::open(scratch / "made.h5");
  const PlainHdf5 plain(bytes, "made.h5", 512);
  const Archive expected = library.read_all(), found = plain.read_all();
  ASSERT_EQ(found.entries().size(), expected.entries().size());
  for (const auto& [name, array] : expected.entries()) {
    ASSERT_TRUE(found.has(name)) << name;
    EXPECT_EQ(found.array(name).shape, array.shape) << name;
    EXPECT_EQ(found.array(name).values, array.values) << name;
    EXPECT_EQ(found.array(name).attributes, array.attributes) << name;
  }
  for (const std::string group : {"", "many", "nothing", "nowhere"})
    EXPECT_EQ(plain.children(group), library.children(group)) << group;
  for (const std::string path : {"", "many"}) {
    const Archive known = library.attributes(path);
    ASSERT_EQ(plain.attributes(path).entries().size(), known.entries().size());
    for (const auto& [name, value] : known.entries())
      EXPECT_EQ(plain.attributes(path).array(name).values, value.values) << name;
  }
}

Hdf5File with_groups_of(int links) {
  Hdf5File made = Hdf5File::create("made.h5", 512);
  Archive many, attributes;
  for (int i = 0; i < links; ++i)
    many.put(fmt::format("entry with a name of some length {}", i), std::int64_t{i});
  for (int i = 0; i < 40; ++i) attributes.put(fmt::format("attribute{}", i), i / 8.0);
  attributes.put("tags", Array{{2}, std::vector<std::string>{"one", "zwölf"}, {}});
  made.write_all("many", many);
  made.write_attributes("many", attributes);
  made.write_attributes("", attributes);
  made.write_all("nothing", {});
  return made;
}

TEST(PlainHdf5, ReadsGroupsOfAnySize) {
  for (const int links : {0, 1, 8, 9, 46, 300, 1200}) {
    SCOPED_TRACE(links);
    expect_as_library(with_groups_of(links));
  }
}

// Links in blocks beyond the table of a fractal heap, names in a B-tree three levels deep.
TEST(PlainHdf5, ReadsAGroupOfTwentyThousand) {
  const Hdf5File made = with_groups_of(20'000);
  const std::string bytes = made.bytes();
  const PlainHdf5 plain(bytes, "made.h5", 512);
  const Archive found = plain.read_all("many");
  ASSERT_EQ(found.entries().size(), 20'000u);
  for (const auto& [name, value] : found.entries())
    ASSERT_EQ(found.integer(name), std::stoi(name.substr(name.rfind(' ')))) << name;
}

TEST(PlainHdf5, ReadsArraysOfAnySize) {
  for (const std::int64_t rows : {0, 1, 511, 512, 513, 40'000, 200'000}) {
    SCOPED_TRACE(rows);
    Hdf5File made = Hdf5File::create("made.h5", 512);
    made.write("column", counting(rows, 1), true);
    made.write("many/in/one/piece", counting(rows, 3));
    made.write("many/rows", counting(rows, 3), true);
    std::vector<std::string> texts(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = std::string(i % 50, 'a');
    if (rows > 1) texts[1] = std::string(200'000, 'b');
    if (rows > 2) texts[2] = std::string("\0\xff", 2);
    made.write("texts", {{rows}, std::move(texts), {}}, true);
    expect_as_library(made);
  }
}

TEST(PlainHdf5, ReadsEveryTypeOfValue) {
  Hdf5File made = Hdf5File::create("made.h5", 512);
  made.write("many/a", {{2}, std::vector<float>{-0.5F, 3e38F}, {}});
  made.write("many/b", {{2}, std::vector<double>{-0.5, 1e300}, {}});
  made.write("many/c", {{2}, std::vector<std::int32_t>{-1, INT32_MAX}, {}});
  made.write("many/d", {{2}, std::vector<std::int64_t>{-1, INT64_MAX}, {}});
  made.write("many/e", {{2}, std::vector<std::uint8_t>{0, 255}, {}});
  made.write("many/f", {{2, 1}, std::vector<std::string>{"", "ß"}, {}});
  made.write("many/g", {{0, 4}, std::vector<double>{}, {{"unit", "nats"}}});
  made.write("many/h", {{}, std::vector<std::string>{"alone"}, {}});
  expect_as_library(made);
}

TEST(PlainHdf5, MessagesNameFileAndPlace) {
  Hdf5File made = Hdf5File::create("made.h5");
  made.write("a/b", counting(1, 1));
  const std::string bytes = made.bytes();
  const PlainHdf5 file(bytes, "made.h5");
  EXPECT_THAT([&] { file.read("a/c"); }, ThrowsMessage<Error>("made.h5: has no '/a/c'"));
  EXPECT_THAT([&] { file.read("a"); },
              ThrowsMessage<Error>("made.h5: '/a' is a group, not a dataset"));
  EXPECT_THAT([&] { file.attributes("b"); }, ThrowsMessage<Error>("made.h5: has no '/b'"));
  EXPECT_TRUE(file.has("a/b"));
  EXPECT_FALSE(file.has("a/b/c"));
}

// HDF5 1.10 goes from one text to the next by their sizes, here for ever.
TEST(PlainHdf5, AHeapOfTextsThatGoesInCirclesIsRefused) {
  Hdf5File made = Hdf5File::create("made.h5");
  made.write("a", {{2}, std::vector<std::string>{"one", "another"}, {}});
  std::string bytes = made.bytes();
  const std::size_t heap = bytes.find("GCOL");
  ASSERT_NE(heap, std::string::npos);
  EXPECT_NO_THROW(PlainHdf5(bytes, "made.h5").read("a"));
  bytes.replace(heap + 16, 2, 2, '\0');  // free space …
  bytes.replace(heap + 24, 8, 8, '\0');  // … of no size
  EXPECT_THAT([&] { PlainHdf5(bytes, "made.h5").read("a"); },
              ThrowsMessage<Error>(HasSubstr("made.h5: is damaged (a heap of texts makes no")));
}

TEST(PlainHdf5, WhatIsReachedTwiceIsRefused) {
  Hdf5File made = Hdf5File::create("made.h5");
  made.write("texts", {{2}, std::vector<std::string>{"one", "another"}, {}});
  made.write("group/a", counting(100, 100));
  made.write("group/b", counting(1, 1));
  const std::string whole = made.bytes();
  std::string bytes = whole;
  const auto read_all = [&] { PlainHdf5(bytes, "made.h5").read_all(); };
  EXPECT_NO_THROW(read_all());
  const auto behind = [&](std::string_view link) { return whole.find(link) + link.size(); };
  const std::size_t group = behind("\1\x10\1\5group"), a = behind("\1\x10\1\1a"),
                    b = behind("\1\x10\1\1b");

  bytes.replace(b, 8, whole, a, 8);  // both names lead to what is most of the file
  EXPECT_THAT(read_all, ThrowsMessage<Error>(HasSubstr("(an array makes no sense)")));

  bytes = whole;
  bytes.replace(b, 8, whole, group, 8);  // the group is inside itself
  EXPECT_THAT(read_all, ThrowsMessage<Error>(HasSubstr("is damaged (")));

  bytes = whole;  // two texts are one
  std::size_t text = 0;
  while (whole.substr(text, 4) != std::string("\3\0\0\0", 4) ||
         whole.substr(text + 16, 4) != std::string("\7\0\0\0", 4))
    ASSERT_LT(++text, whole.size());
  bytes.replace(text + 16, 16, whole, text, 16);
  EXPECT_THAT(read_all, ThrowsMessage<Error>(HasSubstr("(a heap of texts makes no sense)")));
}

}  // namespace
}  // namespace unroll
