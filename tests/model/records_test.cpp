#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <unroll/core/error.hpp>
#include <unroll/model/records.hpp>
#include <unroll/model/splitting.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Records : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }

  /// The cells of every row, joined by |.
  std::vector<std::string> read(const std::string& name, const std::string& content,
                                const std::vector<std::string>& columns, bool header = false) {
    std::ofstream(folder / name, std::ios::binary) << content;
    std::vector<std::string> rows;
    last.clear();
    for (const Record& record : read_records(folder / name, {"auto", header}, columns, bad)) {
      std::string row;
      for (const std::string& cell : record.cells) row += (row.empty() ? "" : "|") + cell;
      rows.push_back(row);
      last = fs::path(record.origin).filename().string();
    }
    return rows;
  }
  std::string refusal(const std::string& name, const std::string& content,
                      const std::vector<std::string>& columns, bool header = false) {
    try {
      read(name, content, columns, header);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  }

  fs::path folder = fs::temp_directory_path() / ("unroll-records-" + std::to_string(::getpid()));
  BadExamples bad{"fail"};
  std::string last;  ///< origin of the last record
};

TEST_F(Records, TabsWithoutQuoting) {
  EXPECT_THAT(read("a.tsv", "x\t\"y\"\tz\r\n\n1\t2\t3", {"3", "2"}), ElementsAre("z|\"y\"", "3|2"));
  EXPECT_EQ(last, "a.tsv:3");
}

TEST_F(Records, CommasWithQuotingAndLineBreaks) {
  EXPECT_THAT(read("a.csv", "text,label\n\"a \"\"b\"\",\nc\",x\nd,y\n", {"label", "text"}, true),
              ElementsAre("x|a \"b\",\nc", "y|d"));
  EXPECT_EQ(last, "a.csv:4");
}

TEST_F(Records, JsonLines) {
  EXPECT_THAT(read("a.jsonl", "{\"text\": \"h\\u00e9\", \"n\": 3}\n\n{\"n\": 1, \"text\": \"b\"}\n",
                   {"text", "n"}),
              ElementsAre("h\u00e9|3", "b|1"));
}

TEST_F(Records, MistakesNameFileAndLine) {
  EXPECT_THAT(refusal("a.tsv", "a\tb\nc\n", {"1", "2"}),
              HasSubstr("a.tsv:2: 1 columns, but column 2 is wanted"));
  EXPECT_THAT(refusal("a.csv", "a,b\n\"c,d\n", {"1"}),
              HasSubstr("a.csv:2: a quoted cell is never closed"));
  EXPECT_THAT(refusal("a.csv", "\"a\"b,c\n", {"1"}),
              HasSubstr("a.csv:1: text follows the closing quote"));
  EXPECT_THAT(refusal("a.jsonl", "{\"a\": 1}\n[1]\n", {"a"}),
              HasSubstr("a.jsonl:2: is not a JSON object"));
  EXPECT_THAT(refusal("a.jsonl", "{\"a\": 1}\n{\"b\": 1}\n", {"a"}),
              HasSubstr("a.jsonl:2: has no text or number 'a'"));
  EXPECT_THAT(
      refusal("a.csv", "text,label\na,b\n", {"lable"}, true),
      HasSubstr("there is no column 'lable' (its header: text, label); did you mean 'label'?"));
  EXPECT_THAT(refusal("a.tsv", "a\tb\n", {"text"}), HasSubstr("'text' is a name"));
}

TEST_F(Records, BadRowsMayBeSkippedAndAreCounted) {
  bad = BadExamples("skip");
  EXPECT_THAT(read("a.tsv", "a\tb\nc\nd\te\nf\n", {"1", "2"}), ElementsAre("a|b", "d|e"));
  std::vector<std::string> notices;
  bad.tell(notices);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices[0], HasSubstr("skipped 2 examples, the first: "));
  EXPECT_THAT(notices[0], HasSubstr("a.tsv:2"));
}

std::vector<Grouped> numbered(int count) {
  std::vector<Grouped> examples(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    examples[static_cast<std::size_t>(i)].example.text = "text " + std::to_string(i);
    examples[static_cast<std::size_t>(i)].group = "group " + std::to_string(i / 10);
  }
  return examples;
}

std::vector<std::string> texts(const std::vector<Example>& split) {
  std::vector<std::string> all;
  for (const Example& example : split) all.push_back(example.text);
  return all;
}

TEST(Splitting, SharesAreKeptAndTheSeedDecides) {
  SplitOptions options;
  options.validation = 0.2;
  options.test = 0.1;
  const Splits first = divide(numbered(100), {}, options),
               again = divide(numbered(100), {}, options);
  EXPECT_EQ(first.train.size(), 70U);
  EXPECT_EQ(first.validation.size(), 20U);
  EXPECT_EQ(first.test.size(), 10U);
  EXPECT_EQ(texts(first.validation), texts(again.validation));
  options.split_seed = 2;
  EXPECT_NE(texts(first.validation), texts(divide(numbered(100), {}, options).validation));
  EXPECT_EQ(first.split_name, "shuffled 70/20/10 (seed 1)");
}

TEST(Splitting, AHashMovesNoExampleWhenOthersCome) {
  SplitOptions options;
  options.split = "hash";
  const std::vector<std::string> few = texts(divide(numbered(200), {}, options).validation);
  const std::vector<std::string> more = texts(divide(numbered(300), {}, options).validation);
  ASSERT_GE(few.size(), 8U);
  ASSERT_LE(few.size(), 40U);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), few.begin(), few.end()) ||
              std::equal(few.begin(), few.end(), more.begin()));
}

TEST(Splitting, AGroupStaysTogether) {
  SplitOptions options;
  options.split = "group";
  options.validation = 0.3;
  const Splits splits = divide(numbered(400), {}, options);
  const auto groups = [](const std::vector<Example>& split) {
    std::vector<std::string> found;
    for (const Example& example : split) {
      const std::string group = example.text.substr(0, example.text.size() - 1);
      if (found.empty() || found.back() != group) found.push_back(group);
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  std::vector<std::string> both;
  const auto train = groups(splits.train), validation = groups(splits.validation);
  std::set_intersection(train.begin(), train.end(), validation.begin(), validation.end(),
                        std::back_inserter(both));
  EXPECT_TRUE(both.empty());
  EXPECT_FALSE(validation.empty());
}

TEST(Splitting, TellsOfLeakageAndOfClassesOutOfBalance) {
  Fields fields;
  fields.label = true;
  std::vector<Grouped> examples = numbered(90);
  for (std::size_t i = 0; i < 90; ++i) examples[i].example.label = i % 10 == 0 ? "rare" : "common";
  for (std::size_t i = 85; i < 90; ++i) examples[i].example.text = "text 3";
  SplitOptions options;
  options.split = "in_order";
  const Splits splits = divide(std::move(examples), fields, options);
  ASSERT_EQ(splits.notices.size(), 2U);
  EXPECT_EQ(splits.notices[0], "5 of the 9 validation examples also stand in the training split");
  EXPECT_THAT(splits.notices[1], HasSubstr("classes out of balance: common has 72"));
}

TEST(Splitting, FilesMayTakeThePlaceOfShares) {
  SplitOptions options;
  options.split = "in_order";
  Fields fields;
  fields.text = true;
  Splits splits = divide(numbered(20), fields, options);
  EXPECT_EQ(splits.split_name, "in order 90/10/0");
  options.test = 0.5;                                                 // gives way to the file
  splits = divide(numbered(20), fields, options, {{}, numbered(5)});  // all were trained on
  EXPECT_EQ(splits.split_name, "in order 90/10/0, test by file");
  EXPECT_EQ(splits.validation.size(), 2U);
  EXPECT_EQ(splits.test.size(), 5U);
  EXPECT_THAT(splits.notices,
              ElementsAre("5 of the 5 test examples also stand in the training split"));
  splits = divide(numbered(20), fields, options, {numbered(3), numbered(4)});
  EXPECT_EQ(splits.split_name, "by file");
  EXPECT_EQ(splits.train.size(), 20U);
  EXPECT_EQ(splits.validation.size(), 3U);
  EXPECT_EQ(splits.test.size(), 4U);
  EXPECT_THAT(splits.notices, ElementsAre(HasSubstr("3 of the 3"), HasSubstr("4 of the 4")));
  try {
    divide(numbered(20), fields, options, {numbered(3), std::vector<Grouped>()});
    ADD_FAILURE() << "an empty split was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::data);
    EXPECT_THAT(error.what(), HasSubstr("the files of the test split hold nothing"));
  }
}

}  // namespace
}  // namespace unroll
