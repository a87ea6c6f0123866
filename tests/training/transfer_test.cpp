#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unroll/training/named_axes.hpp>
#include <unroll/training/transfer.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::Optional;

// Whole runs that begin with others are tested with the real program: endtoend/transfer_test.py.
TEST(MatchName, AStarStandsForAnyPart) {
  EXPECT_THAT(match_name("embedding/E", "embedding/E"), Optional(std::string()));
  EXPECT_EQ(match_name("embedding/E", "embedding/EE"), std::nullopt);
  EXPECT_THAT(match_name("encoder/*", "encoder/recurrence/layer0/W"),
              Optional(std::string("recurrence/layer0/W")));
  EXPECT_THAT(match_name("*/W", "output/W"), Optional(std::string("output")));
  EXPECT_THAT(match_name("a*b", "ab"), Optional(std::string()));
  EXPECT_EQ(match_name("ab*ba", "aba"), std::nullopt) << "the ends may not share a letter";
}

class NamedAxes : public testing::Test {
 protected:
  NamedAxes() {
    domain.fields.text = domain.fields.target = true;
    domain.text = Vocabulary({"a", "b", "<unk>"}, {2, {}, {}});
    domain.target = Vocabulary({"x", "y", "z", "<unk>"}, {3, {}, {}});
    domain.classes = {"no", "yes"};
    domain.fields.values = {"price"};
  }
  /// "-" for an axis without names, otherwise its first name.
  std::vector<std::string> first_names(const std::string& name, const std::string& axes,
                                       const std::vector<std::int64_t>& shape,
                                       const std::string& beside = "") {
    std::vector<std::string> firsts;
    for (const auto& names :
         names_of_axes({name, axes, shape, domain,
                        [&](const std::string& other) { return other == beside; }}))
      firsts.push_back(names ? names->names.front() : "-");
    return firsts;
  }

  Domain domain;
};

TEST_F(NamedAxes, AreTokensClassesAndValues) {
  EXPECT_THAT(first_names("embedding/E", "vocabulary, embedding", {3, 8}), ElementsAre("a", "-"));
  EXPECT_THAT(first_names("decoder/output/W", "hidden, target vocabulary", {8, 4}),
              ElementsAre("-", "x"));
  EXPECT_THAT(first_names("output/W", "hidden, class", {8, 2}), ElementsAre("-", "no"));
  EXPECT_THAT(first_names("output/b", "value", {1}), ElementsAre("price"));
}

TEST_F(NamedAxes, OldFilesCallBothVocabulary) {
  EXPECT_THAT(first_names("decoder/embedding/E", "vocabulary, embedding", {4, 8}),
              ElementsAre("x", "-"));
}

TEST_F(NamedAxes, AFirstLayerWithoutEmbeddingReadsTokens) {
  const std::string name = "recurrence/layer0/forward/W", axes = "input, gates * hidden";
  EXPECT_THAT(first_names(name, axes, {3, 12}), ElementsAre("a", "-"));
  EXPECT_THAT(first_names(name, axes, {3, 12}, "embedding/E"), ElementsAre("-", "-"));
  EXPECT_THAT(first_names("recurrence/layer1/forward/W", axes, {3, 12}), ElementsAre("-", "-"));
  EXPECT_THAT(first_names("decoder/" + name, axes, {4, 12}), ElementsAre("x", "-"));
}

TEST_F(NamedAxes, WhatDoesNotFitHasNoNames) {
  EXPECT_THAT(first_names("embedding/E", "vocabulary, embedding", {7, 8}), ElementsAre("-", "-"));
  EXPECT_THAT(first_names("x", "", {3, 8}), ElementsAre("-", "-"));
}

}  // namespace
}  // namespace unroll
