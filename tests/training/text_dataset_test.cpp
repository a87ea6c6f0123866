#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <training/small_run.hpp>

namespace unroll {
namespace {

using namespace testing_room;
using testing::HasSubstr;

class TextDataset : public testing::Test {
 protected:
  Splits load(const std::string& options) {
    Problems problems;
    const Node node = load_yaml_text("{" + options + "}", "test", problems);
    problems.throw_if_any();
    return registry().make_dataset({"text", node, {}})->load();
  }
  Splits load_file(const std::string& name, const std::string& options) {
    return load("files: [\"" + (folder / name).string() + "\"], " + options);
  }
  std::string refusal(const std::string& options, Failure kind = Failure::data) {
    try {
      load(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      return error.what();
    }
    return "not refused";
  }
  std::string refusal_of(std::string_view content) {
    write_file(folder / "bad.txt", content);
    return refusal("files: [" + (folder / "bad.txt").string() + "]");
  }

  Folder folder;
};

TEST_F(TextDataset, ContiguousSplit) {
  write_file(folder / "a.txt", "0123456789abcdefghij");
  const Splits splits = load_file("a.txt", "validation: 0.1, test: 0.2");
  ASSERT_EQ(splits.train.size(), 1U);
  EXPECT_EQ(splits.train[0].text, "0123456789abcd");
  EXPECT_EQ(splits.validation[0].text, "ef");
  EXPECT_EQ(splits.test[0].text, "ghij");
  EXPECT_EQ(splits.split_name, "contiguous 70/10/20");
  ASSERT_EQ(splits.files.size(), 1U);
  EXPECT_EQ(splits.files[0].bytes, 20U);
}

TEST_F(TextDataset, PartsAreSplitEachOnItsOwn) {
  write_file(folder / "a.txt", "0123456789abcdefghij");
  const Splits splits = load_file("a.txt", "validation: 0.2, parts: 2");
  ASSERT_EQ(splits.train.size(), 2U);
  EXPECT_EQ(splits.train[1].text, "abcdefgh");
  EXPECT_EQ(splits.validation[0].text, "89");
  EXPECT_EQ(splits.split_name, "2 parts 80/20/0");
}

TEST_F(TextDataset, DropsWhatIsOverAMultiple) {
  write_file(folder / "a.txt", "0123456789abcdefghijklm");
  const Splits splits = load_file("a.txt", "validation: 0.2, parts: 2, multiple_of: 10");
  ASSERT_EQ(splits.train.size(), 2U);
  EXPECT_EQ(splits.train[1].text, "abcdefgh");
  EXPECT_EQ(splits.validation[1].text, "ij");
  EXPECT_EQ(splits.split_name, "2 parts 80/20/0 of a multiple of 10");
  EXPECT_EQ(load_file("a.txt", "multiple_of: 23").validation[0].text, "klm");
  EXPECT_THAT(refusal("files: [" + (folder / "a.txt").string() + "], multiple_of: 24"),
              HasSubstr("shorter than multiple_of"));
}

TEST_F(TextDataset, CutsBetweenCodePointsAndDropsAByteOrderMark) {
  write_file(folder / "a.txt", "\xEF\xBB\xBF\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6");
  const Splits splits = load_file("a.txt", "validation: 0.5");
  EXPECT_EQ(splits.train[0].text, "\xC3\xA4\xC3\xB6\xC3\xBC");
  EXPECT_EQ(splits.validation[0].text, "\xC3\xA4\xC3\xB6");
}

TEST_F(TextDataset, SeveralFilesByPatternEachSplitOrJoined) {
  write_file(folder / "a1.txt", "aaaaaaaaaa");
  write_file(folder / "a2.txt", "bbbbbbbbbb");
  write_file(folder / "b.txt", "cccccccccc");
  const Splits each = load_file("a?.t*", "validation: 0.5");
  ASSERT_EQ(each.train.size(), 2U);
  EXPECT_EQ(each.train[1].text, "bbbbb");
  const Splits joined = load_file("a*", "validation: 0.5, join: true");
  ASSERT_EQ(joined.train.size(), 1U);
  EXPECT_EQ(joined.train[0].text, "aaaaaaaaaa");
}

TEST_F(TextDataset, PatternsInFoldersToo) {
  fs::create_directories(folder / "poems/one");
  fs::create_directories(folder / "poems/two");
  write_file(folder / "poems/one/a.txt", "aaaaaaaaaa");
  write_file(folder / "poems/two/a.txt", "bbbbbbbbbb");
  write_file(folder / "poems/two/b.md", "cccccccccc");
  const Splits splits = load_file("poems/*/*.txt", "validation: 0.5");
  ASSERT_EQ(splits.train.size(), 2U);
  EXPECT_EQ(splits.train[1].text, "bbbbb");
}

class Wholes : public TextDataset {
 protected:
  /// The texts of a file, sorted.
  std::vector<std::string> texts(std::string_view content, const std::string& unit) {
    write_file(folder / "a.txt", content);
    const Splits splits = load_file("a.txt", "validation: 0, unit: " + unit);
    EXPECT_TRUE(splits.fields.whole);
    std::vector<std::string> all;
    for (const Example& example : splits.train) all.push_back(example.text);
    std::sort(all.begin(), all.end());
    return all;
  }
};

TEST_F(Wholes, LinesWithoutBlankOnes) {
  EXPECT_THAT(texts("one\r\n\n  \ntwo words\nthree", "line"),
              testing::ElementsAre("one", "three", "two words"));
}

TEST_F(Wholes, ParagraphsKeepTheirLineBreaks) {
  EXPECT_THAT(texts("\n\na\nb\n\n \t\nc\n\nd\ne\n", "paragraph"),
              testing::ElementsAre("a\nb", "c", "d\ne"));
}

TEST_F(Wholes, FilesAsTheyAreWithoutTheLastLineBreak) {
  EXPECT_THAT(texts("a\n\nb\n", "file"), testing::ElementsAre("a\n\nb"));
}

TEST_F(Wholes, AreDividedWholeAndNamedByLine) {
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += "line " + std::to_string(i) + "\n";
  write_file(folder / "a.txt", lines);
  const Splits splits = load_file("a.txt", "validation: 0.25, split: in_order, unit: line");
  ASSERT_EQ(splits.train.size(), 30U);
  ASSERT_EQ(splits.validation.size(), 10U);
  EXPECT_EQ(splits.validation.front().text, "line 30");
  EXPECT_THAT(splits.validation.front().origin, testing::EndsWith("a.txt:31"));
  EXPECT_EQ(splits.split_name, "in order 75/25/0");
}

TEST_F(Wholes, OptionsThatAreForTheOtherUnit) {
  write_file(folder / "a.txt", "one\ntwo\nthree\n");
  const std::string file = "files: [" + (folder / "a.txt").string() + "], ";
  EXPECT_THAT(refusal(file + "unit: line, parts: 2", Failure::usage), HasSubstr("unit: stream"));
  EXPECT_THAT(refusal(file + "split: hash", Failure::usage), HasSubstr("unit: line"));
  EXPECT_THAT(refusal(file + "unit: line, split: group", Failure::usage), HasSubstr("no groups"));
}

TEST_F(TextDataset, FindsACorpusInTheDataFolder) {
  fs::create_directories(folder / "austen");
  write_file(folder / "austen/emma.txt", "Emma Woodhouse, handsome, clever, and rich");
  write_file(folder / "austen/persuasion.txt", "Sir Walter Elliot, of Kellynch Hall");
  ::setenv("UNROLL_DATA", (folder / "").c_str(), 1);
  EXPECT_EQ(load("corpus: [austen/emma]").train.size(), 1U);
  EXPECT_EQ(load("corpus: [austen]").train.size(), 2U);
  ::unsetenv("UNROLL_DATA");
}

TEST_F(TextDataset, RefusesWhatIsNoTextWithTheByteOffset) {
  EXPECT_THAT(refusal_of(""), HasSubstr("bad.txt: is empty"));
  EXPECT_THAT(refusal_of({"ab\0cd", 5}), HasSubstr("is binary, not text (NUL at byte offset 2)"));
  EXPECT_THAT(refusal_of("abc \xE4 def"), HasSubstr("is not UTF-8 at byte offset 4 (0xE4)"));
  EXPECT_THAT(refusal_of("abc"), HasSubstr("too short: 3 bytes"));
}

TEST_F(TextDataset, RefusesWhatIsNotThere) {
  EXPECT_THAT(refusal("files: [/nowhere/at/all.txt]"), HasSubstr("/nowhere/at/all.txt: no such"));
  EXPECT_THAT(refusal("files: [/tmp]"), HasSubstr("is a folder"));
  EXPECT_THAT(refusal("", Failure::usage), HasSubstr("needs a corpus or files"));
  EXPECT_THAT(refusal("files: [x], validation: 0.5, test: 0.6", Failure::data),
              HasSubstr("no such file"));
}

}  // namespace
}  // namespace unroll
