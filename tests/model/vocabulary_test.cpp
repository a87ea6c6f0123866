#include <gtest/gtest.h>

#include <tuple>

#include <unroll/core/error.hpp>

#include <model/letters.hpp>

namespace unroll {
namespace {

Vocabulary example() {
  return {{"<unk>", "<begin>", "a", "b", "<end>"}, {.unknown = 0, .begin = 1, .end = 4}};
}

TEST(Vocabulary, FindsTokensAndKnowsTheSpecialOnes) {
  const Vocabulary vocabulary = example();
  EXPECT_EQ(vocabulary.size(), 5);
  EXPECT_EQ(vocabulary.find("b"), 3);
  EXPECT_EQ(vocabulary.find("c"), std::nullopt);
  EXPECT_TRUE(vocabulary.never_generated(0));
  EXPECT_TRUE(vocabulary.never_generated(1));
  EXPECT_FALSE(vocabulary.never_generated(2));
  EXPECT_FALSE(vocabulary.never_generated(4)) << "the end may be generated";
}

TEST(Vocabulary, LoadsWhatItSaved) {
  const Vocabulary loaded = Vocabulary::load(example().save());
  EXPECT_EQ(loaded.tokens(), example().tokens());
  EXPECT_EQ(loaded.special().unknown, 0);
  EXPECT_EQ(loaded.special().begin, 1);
  EXPECT_EQ(loaded.special().end, 4);
}

TEST(Vocabulary, SpecialTokensDoNotMoveTheOthers) {
  const auto ids = [](const Vocabulary& vocabulary) {
    const Vocabulary::Special& special = vocabulary.special();
    return std::tuple(special.unknown, special.begin, special.end);
  };
  using Id = std::optional<TokenId>;
  const Vocabulary stream = Vocabulary::with_special({"b", "a"}, {});
  EXPECT_EQ(stream.tokens(), (std::vector<std::string>{"b", "a", "<unk>"}));
  EXPECT_EQ(ids(stream), std::tuple(Id(2), Id(), Id()));
  const Vocabulary examples = Vocabulary::with_special({"b", "a"}, {.begin = true, .end = true});
  EXPECT_EQ(examples.tokens(), (std::vector<std::string>{"b", "a", "<unk>", "<bos>", "<eos>"}));
  EXPECT_EQ(ids(examples), std::tuple(Id(2), Id(3), Id(4)));
  const Vocabulary ending = Vocabulary::with_special({"b", "a"}, {.end = true});
  EXPECT_EQ(ids(ending), std::tuple(Id(2), Id(), Id(3)));
  EXPECT_TRUE(examples.never_generated(2));
  EXPECT_TRUE(examples.never_generated(3));
  EXPECT_FALSE(examples.never_generated(4)) << "the end may be generated";
}

TEST(Vocabulary, TextsMaySpellSpecialTokens) {
  const Vocabulary vocabulary =
      Vocabulary::with_special({"<eos>", "a", "<unk>", "b"}, {.begin = true});
  EXPECT_EQ(vocabulary.tokens(), (std::vector<std::string>{"<eos>", "a", "b", "<unk>", "<bos>"}));
  EXPECT_EQ(vocabulary.special().unknown, 3);
  EXPECT_EQ(vocabulary.special().end, std::nullopt) << "an ordinary token where no end is wanted";
}

TEST(Vocabulary, RefusesDuplicatesAndForeignIds) {
  EXPECT_THROW(Vocabulary({"a", "a"}, {}), Error);
  EXPECT_THROW(Vocabulary({"a"}, {.unknown = 1, .begin = {}, .end = {}}), Error);
  Archive numbers;
  numbers.put("tokens", 3.0);
  EXPECT_THROW(Vocabulary::load(numbers), Error);
}

TEST(Tokenizer, EncodesUnknownTokensAndLeavesSpecialOnesOutOfText) {
  const testing_room::Letters letters;
  const std::vector<TokenId> ids = letters.encode("abca", example());
  EXPECT_EQ(ids, (std::vector<TokenId>{2, 3, 0, 2}));
  EXPECT_EQ(letters.decode(ids, example()), "aba");
  EXPECT_THROW(letters.encode("c", Vocabulary({"a"}, {})), Error);
}

}  // namespace
}  // namespace unroll
