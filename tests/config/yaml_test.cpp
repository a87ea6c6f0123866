#include <gmock/gmock.h>

#include <chrono>
#include <fstream>

#include <unroll/config/yaml.hpp>
#include <unroll/core/random.hpp>
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

std::string problems_of(const std::string& text) {
  Problems problems;
  load_yaml_text(text, "x.yaml", problems);
  return problems.text();
}

Node load(const std::string& text) {
  Problems problems;
  const Node node = load_yaml_text(text, "x.yaml", problems);
  EXPECT_EQ(problems.text(), "") << text;
  return node;
}

TEST(Yaml, KeepsTextMarksAndQuotes) {
  const Node root = load("a: 1\nµ: [x, 'y', ~]\nempty:\nb: &m {c: \"010\"}\nd: *m\n");
  EXPECT_EQ(root.find("a")->text(), "1");
  EXPECT_EQ(root.find("a")->mark().text(), "x.yaml:1:4");
  const Node& list = *root.find("µ");
  EXPECT_EQ(list.items()[1].mark().text(), "x.yaml:2:8");  // columns count characters, not bytes
  EXPECT_TRUE(list.items()[1].quoted());
  EXPECT_FALSE(list.items()[0].quoted());
  EXPECT_TRUE(list.items()[2].is_null());
  EXPECT_TRUE(root.find("empty")->is_null());
  EXPECT_EQ(root.find("empty")->mark().text(), "x.yaml:3:1");
  EXPECT_EQ(root.find("d")->find("c")->text(), "010");
  EXPECT_EQ(root.find("d")->mark().text(), "x.yaml:5:4");  // the alias, not its anchor
  EXPECT_TRUE(load("").is_null());
  EXPECT_EQ(load("\xef\xbb\xbf"
                 "a: 1")
                .find("a")
                ->mark()
                .text(),
            "x.yaml:1:4");
  EXPECT_EQ(load("a: |\n  one\n  two\n").find("a")->text(), "one\ntwo\n");
  EXPECT_EQ(load("a: 'it''s \"x\"'\nb: \"\\\"\"").find("a")->text(), "it's \"x\"");
}

TEST(Yaml, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(problems_of("seed: 1\nb: 2\nseed: 3\n"),
            "x.yaml:3:1: duplicate key 'seed', first given at 1:1");
  EXPECT_EQ(problems_of("a:\n\tb: 1\n"),
            "x.yaml:2:1: a tab in the indentation; YAML indents with spaces only");
  EXPECT_EQ(problems_of("<<: {a: 1}\n"),
            "x.yaml:1:1: merge keys (<<) are not supported; use include: for common settings");
  EXPECT_EQ(problems_of("a: 1\n---\nb: 2\n"),
            "x.yaml:2:1: text after the end of the document; one file holds one document");
  EXPECT_EQ(problems_of("a: &x [*x]\n"), "x.yaml:1:8: an alias stands inside of what it repeats");
  EXPECT_EQ(problems_of("a: !!python/object x\n"),
            "x.yaml:1:4: tags such as 'tag:yaml.org,2002:python/object' are not used here; a text "
            "that looks like a number is put in quotes");
  EXPECT_EQ(problems_of("? [a]\n: 1\n"),
            "x.yaml:1:3: a key must be a word, not a list, a map or nothing");
  EXPECT_EQ(problems_of("a: [1, 2\nb: 3\n"),
            "x.yaml:1:4: the list that begins here with '[' is not closed by ']'");
  EXPECT_EQ(problems_of("a: {b: 1\nc: 3\n"),
            "x.yaml:1:4: the map that begins here with '{' is not closed by '}'");
  EXPECT_EQ(problems_of("a: b: c\n"),
            "x.yaml:1:5: a ':' where no value can begin (wrong indentation, or a text with ': ' "
            "that needs quotes)");
  EXPECT_EQ(problems_of("a: @x\n"), "x.yaml:1:4: no value begins with this character; use quotes");
  EXPECT_EQ(problems_of("a: *b\n"),
            "x.yaml:1:4: no value above is marked with this anchor (& and the same name)");
}

// yaml-cpp lets the end of the file close a quote.
TEST(Yaml, QuotesMustBeClosed) {
  EXPECT_EQ(problems_of("a: \"x\n"), "x.yaml:1:4: a quote is opened and never closed");
  EXPECT_EQ(problems_of("a: 'x''\n"), "x.yaml:1:4: a quote is opened and never closed");
  EXPECT_EQ(problems_of("a: &k 'x\n"), "x.yaml:1:4: a quote is opened and never closed");
  EXPECT_THAT(problems_of("a: \"x"), HasSubstr("within a quote"));
}

TEST(Yaml, GoesOnAfterAMistake) {
  EXPECT_EQ(problems_of("a: 1\na: !x 2\n<<: 3\n"),
            "x.yaml:2:1: duplicate key 'a', first given at 1:1\n"
            "x.yaml:2:4: tags such as '!x' are not used here; a text that looks like a number is "
            "put in quotes\n"
            "x.yaml:3:1: merge keys (<<) are not supported; use include: for common settings");
}

TEST(Yaml, OnlyTextIsRead) {
  EXPECT_EQ(problems_of("ab\xff"), "x.yaml: not UTF-8: byte 0xff at offset 2");
  EXPECT_EQ(problems_of("\xff\xfe"
                        "a\0"s),
            "x.yaml: not UTF-8: byte 0xff at offset 0 (this looks like UTF-16)");
  EXPECT_EQ(problems_of("a: 1\n\0"s),
            "x.yaml: not a text file: control character 0x00 at offset 5");
  EXPECT_EQ(problems_of(std::string(1'000'001, 'a')),
            "x.yaml: has 1.00 MB; at most 1.00 MB are read");
}

TEST(Yaml, FilesThatCannotBeUsed) {
  Scratch folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  };
  const auto file_problems = [&](const std::string& name) {
    Problems problems;
    load_yaml_file(folder / name, problems);
    std::string text = problems.text();
    const std::string prefix = folder.path().string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  };
  write("char_lstm.yaml", "a: 1");
  write("empty.yaml", "");
  write("comment.yaml", "# nothing\n");
  std::filesystem::create_directory(folder / "folder.yaml");
  EXPECT_EQ(file_problems("char_lstm.yaml"), "");
  EXPECT_EQ(file_problems("char_ltsm.yaml"),
            "char_ltsm.yaml: cannot be read: No such file or directory; did you mean "
            "'char_lstm.yaml'?");
  EXPECT_EQ(file_problems("empty.yaml"), "empty.yaml: is empty; an experiment is a map of options");
  EXPECT_EQ(file_problems("comment.yaml"),
            "comment.yaml: is empty; an experiment is a map of options");
  EXPECT_EQ(file_problems("folder.yaml"), "folder.yaml: is a directory, not a file");
}

std::string repeated(std::string_view piece, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += piece;
  return out;
}

TEST(Yaml, DepthHasALimit) {
  EXPECT_EQ(problems_of(repeated("[", 64) + repeated("]", 64)), "");
  EXPECT_EQ(problems_of(repeated("[", 65) + repeated("]", 65)),
            "x.yaml:1:65: nested deeper than 64 levels");
}

// Each is refused (or read) within a second; the sanitizers' builds get more.
TEST(Yaml, HostileTextsAreQuick) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += fmt::format("a{}: &a{} [{}]\n", i, i, repeated(fmt::format("*a{},", i - 1), 9));
  }
  std::string keys;
  for (int i = 0; i < 60000; ++i) keys += fmt::format("k{}: 1\n", i);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(problems_of(bomb), "x.yaml:6:10: more than 100000 values, aliases expanded");
  EXPECT_THAT(problems_of(fmt::format("a: {}", repeated("[", 200000))),
              HasSubstr("nested deeper than 64 levels"));
  EXPECT_EQ(problems_of(repeated("- ", 200000)), "x.yaml:1:129: nested deeper than 64 levels");
  EXPECT_THAT(problems_of(repeated("{a: ", 200000)), HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(problems_of(keys), HasSubstr("more than 100000 values"));
  EXPECT_THAT(problems_of(fmt::format("[{}", repeated("a,", 400000))),
              HasSubstr("more than 100000 values"));
  EXPECT_THAT(problems_of(fmt::format("{{{}", repeated("[a]: b,", 100000))),
              HasSubstr("a key must be a word"));
  EXPECT_THAT(problems_of(repeated("a: 1\n", 40000)), HasSubstr("duplicate key 'a'"));
  EXPECT_NE(problems_of(repeated("a:", 400000)), "");
  EXPECT_NE(problems_of(repeated("! ", 400000)), "");
  // In yaml-cpp, LoadAll of this one comma never returns.
  EXPECT_EQ(problems_of(","),
            "x.yaml:1:1: text after the end of the document; one file holds one document");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 20);
}

// Whatever bytes change, reading ends, throws nothing, and what it read can be written and read.
TEST(Yaml, MutatedExperimentsEndInANodeOrAMessage) {
  const std::string experiment = R"(experiment: char_lstm
description: "Character-level: it's"
seed: 1
data: {dataset: text, corpus: [a, 'b']}
model:
  many_to_many: &m
    cell: {lstm: {forget_bias: 1.0}}
    hidden: 128
other: *m
notes: |
  two
  lines
)";
  constexpr std::string_view kSpecial = "\n\t :-?,[]{}#&*!|>'\"%@`\\a0\xff\x00\xc3~=<";
  RandomStream random(1, "mutations");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  int read = 0;
  for (int round = 0; std::chrono::steady_clock::now() < end; ++round) {
    std::string text = experiment;
    for (auto changes = 1 + random.below(4); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = random.below(text.size());
      const char c = kSpecial[random.below(kSpecial.size())];
      switch (random.below(4)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        case 2:
          text.erase(at, 1 + random.below(5));
          break;
        default:
          text.insert(at, text.substr(random.below(text.size()), random.below(20)));
      }
    }
    Problems problems;
    const Node node = load_yaml_text(text, "x.yaml", problems);
    if (!problems.empty()) continue;
    ++read;
    const std::string written = to_yaml(node);
    const Node again = load_yaml_text(written, "again", problems);
    ASSERT_TRUE(problems.empty()) << problems.text() << "\n" << text << "\n" << written;
    ASSERT_TRUE(same_value(node, again)) << text << "\n" << written;
  }
  EXPECT_GT(read, 10);
}

}  // namespace
}  // namespace unroll
