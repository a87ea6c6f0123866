#include <gtest/gtest.h>

#include <unroll/core/error.hpp>
#include <unroll/model/tokenizer.hpp>

namespace unroll {
namespace {

/// Cuts at every byte.
class Bytes final : public Tokenizer {
 public:
  std::vector<std::string> cut(std::string_view text) const override {
    std::vector<std::string> tokens;
    for (const char byte : text) tokens.emplace_back(1, byte);
    return tokens;
  }
  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
  }
  bool lossless() const override { return true; }
  Vocabulary learn(std::span<const std::string_view> /*texts*/) const override { return {}; }
};

Vocabulary example() {
  return {{"<unk>", "<pad>", "a", "b", "<end>"},
          {.unknown = 0, .begin = {}, .end = 4, .padding = 1}};
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
  EXPECT_EQ(loaded.special().begin, std::nullopt);
  EXPECT_EQ(loaded.special().end, 4);
  EXPECT_EQ(loaded.special().padding, 1);
}

TEST(Vocabulary, RefusesDuplicatesAndForeignIds) {
  EXPECT_THROW(Vocabulary({"a", "a"}, {}), Error);
  EXPECT_THROW(Vocabulary({"a"}, {.unknown = 1, .begin = {}, .end = {}, .padding = {}}), Error);
  Archive numbers;
  numbers.put("tokens", 3.0);
  EXPECT_THROW(Vocabulary::load(numbers), Error);
}

TEST(Tokenizer, EncodesUnknownTokensAndLeavesSpecialOnesOutOfText) {
  const Bytes bytes;
  const std::vector<TokenId> ids = bytes.encode("abca", example());
  EXPECT_EQ(ids, (std::vector<TokenId>{2, 3, 0, 2}));
  EXPECT_EQ(bytes.decode(ids, example()), "aba");
  EXPECT_THROW(bytes.encode("c", Vocabulary({"a"}, {})), Error);
}

}  // namespace
}  // namespace unroll
