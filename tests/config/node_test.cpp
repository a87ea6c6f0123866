#include <gmock/gmock.h>

#include <unroll/config/node.hpp>
#include <unroll/config/yaml.hpp>

namespace unroll {
namespace {

Node text(std::string value) {
  return Node::scalar(std::move(value), {}, true);
}

TEST(Node, CopiesShareAndWithChangesACopy) {
  const Node map = Node::map({{"a", {}, text("1")}, {"b", {}, text("2")}});
  const Node changed = map.with("a", text("3")).with("c", text("4"));
  EXPECT_EQ(to_flow_yaml(map), R"({a: "1", b: "2"})");
  EXPECT_EQ(to_flow_yaml(changed), R"({a: "3", b: "2", c: "4"})");
  EXPECT_EQ(map.find("c"), nullptr);
  EXPECT_TRUE(Node().is_null());
  EXPECT_EQ(Node().find("x"), nullptr);
  EXPECT_FALSE(same_value(map, changed));
}

TEST(Node, WritesScalarsSoThatTheyReadBack) {
  for (const std::string value : {"",
                                  "plain",
                                  "two words",
                                  " lead",
                                  "trail ",
                                  "true",
                                  "no",
                                  "null",
                                  "~",
                                  "12",
                                  "1e3",
                                  ".5",
                                  "-1",
                                  "0x1f",
                                  "-",
                                  "- a",
                                  "-x",
                                  "--- x",
                                  "...",
                                  "a: b",
                                  "a:",
                                  ":a",
                                  "a #b",
                                  "#a",
                                  "a#b",
                                  "[a",
                                  "a]",
                                  "{a}",
                                  "a, b",
                                  "&a",
                                  "*a",
                                  "!a",
                                  "|",
                                  ">",
                                  "'a'",
                                  "\"a\"",
                                  "%a",
                                  "@a",
                                  "`a`",
                                  "a\nb",
                                  "a\tb",
                                  "\x01",
                                  "back\\slash",
                                  "größe",
                                  "世界",
                                  "\xc2\x85",
                                  "\xe2\x80\xa8",
                                  "\xef\xbb\xbf",
                                  "<<",
                                  "?",
                                  "? a",
                                  "2024-01-01",
                                  "a\r\nb",
                                  "\x7f"}) {
    Problems problems;
    const Node node = Node::map({{"k", {}, Node::sequence({text(value)})}, {value, {}, text("v")}});
    for (const std::string& yaml : {to_yaml(node), to_flow_yaml(node)}) {
      const Node again = load_yaml_text(yaml, "x", problems);
      EXPECT_EQ(problems.text(), "") << yaml;
      EXPECT_TRUE(same_value(node, again)) << yaml;
    }
  }
}

// For yaml-cpp a question mark ends a plain scalar in a list, so that runs with two prompts could
// not be read again.
TEST(Node, AQuestionInAListIsReadAgain) {
  const Node node = Node::sequence({Node::scalar("Where is the bus stop?"), Node::scalar("a?b")});
  for (const std::string& yaml : {to_yaml(node), to_flow_yaml(node)}) {
    Problems problems;
    EXPECT_TRUE(same_value(node, load_yaml_text(yaml, "x", problems))) << yaml;
    EXPECT_EQ(problems.text(), "") << yaml;
  }
}

TEST(Node, BlockStyle) {
  const Node node =
      Node::map({{"empty", {}, Node::map({})},
                 {"list",
                  {},
                  Node::sequence({Node::map({{"a", {}, text("x")}, {"b", {}, Node()}}),
                                  Node::sequence({Node::sequence({text("y")}), Node()})})},
                 {"short", {}, Node::sequence({Node::scalar("1"), Node::scalar("2")})}});
  EXPECT_EQ(to_yaml(node), R"(empty: {}
list:
  - a: x
    b: null
  - - [y]
    - null
short: [1, 2]
)");
}

TEST(Problems, SortedByFileAndPlaceWithoutRepetition) {
  const auto a = std::make_shared<const std::string>("a"),
             b = std::make_shared<const std::string>("b");
  Problems problems;
  problems.throw_if_any();
  problems.add({b, 2, 1}, "second");
  problems.add({a, 1, 1}, "other file", Failure::plugin);
  problems.add({b, 1, 9}, "first");
  problems.add({b, 2, 1}, "second");
  EXPECT_EQ(problems.text(), "b:1:9: first\nb:2:1: second\na:1:1: other file");
  try {
    problems.throw_if_any();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::usage);
    EXPECT_EQ(error.what(), problems.text());
  }
}

TEST(Problems, TheRestIsCounted) {
  Problems problems;
  for (int i = 1; i <= 1234; ++i) problems.add({nullptr, i, 1}, "x");
  EXPECT_THAT(problems.text(), testing::EndsWith("line 100:1: x\nand 1134 more"));
}

}  // namespace
}  // namespace unroll
