// The word tokenizer: options, ids, special tokens, texts that are cut already.
#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Options = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Tokenizer> make(const Options& options = {}) {
  static const Registry registry({test::plugins()});
  std::vector<Node::Entry> entries;
  for (const auto& [name, value] : options) entries.push_back({name, {}, Node::scalar(value)});
  return registry.make_tokenizer({"word", Node::map(std::move(entries)), {}});
}

Vocabulary learn(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.learn(std::span(&text, 1), {});
}

TEST(WordTokenizer, IdsFollowCountsThenBytes) {
  const auto tokenizer = make();
  const Vocabulary vocabulary = learn(*tokenizer, "b a c a é b. Z a");
  EXPECT_THAT(vocabulary.tokens(), ElementsAre("a", "b", ".", "Z", "c", "é", "<unk>"));
  EXPECT_EQ(vocabulary.special().unknown, 6);
  EXPECT_THAT(tokenizer->encode("a zebra, b.", vocabulary), ElementsAre(0, 6, 6, 1, 2));
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("a zebra, b.", vocabulary), vocabulary), "a b.");
}

TEST(WordTokenizer, RareWordsAreUnknown) {
  const std::string text = "a a a b b c c d";
  EXPECT_THAT(learn(*make({{"minimum_count", "2"}}), text).tokens(),
              ElementsAre("a", "b", "c", "<unk>"));
  EXPECT_THAT(learn(*make({{"maximum_size", "2"}}), text).tokens(), ElementsAre("a", "b", "<unk>"));
  EXPECT_THAT(learn(*make({{"minimum_count", "3"}, {"maximum_size", "2"}}), text).tokens(),
              ElementsAre("a", "<unk>"));
}

TEST(WordTokenizer, SpecialTokensLeaveTheIdsOfWordsAlone) {
  for (const char* split : {"unicode", "spaces"}) {
    const std::string_view text =
        split == std::string("spaces") ? "no <unk> yes" : "<unk> <bos> yes";
    const auto tokenizer = make({{"split", split}});
    const Vocabulary stream = tokenizer->learn(std::span(&text, 1), {});
    const Vocabulary both = tokenizer->learn(std::span(&text, 1), {.begin = true, .end = true});
    EXPECT_EQ(stream.find("yes"), both.find("yes")) << split;
    EXPECT_EQ(both.special().end, both.size() - 1) << split;
  }
  const auto tokenizer = make({{"split", "spaces"}});
  const Vocabulary vocabulary = learn(*tokenizer, "<unk> <bos> yes");
  EXPECT_THAT(vocabulary.tokens(), ElementsAre("<bos>", "yes", "<unk>"))
      << "a text that was cut already may say which of its words are unknown";
  EXPECT_THAT(tokenizer->encode("no <unk> yes", vocabulary), ElementsAre(2, 2, 1));
}

TEST(WordTokenizer, FoldsCaseInEveryScript) {
  EXPECT_THAT(make({{"lowercase", "true"}})->cut("STRASSE Straße ΑΘΗΝΑ ΆΛΦΑ Привет İ"),
              ElementsAre("strasse", "strasse", "αθηνα", "άλφα", "привет", "i\u0307"));
}

TEST(WordTokenizer, NormalisesToOneSpelling) {
  const std::string text = "e\u0301t\u00E9 \uFB01n \u2460";
  EXPECT_THAT(make()->cut(text), ElementsAre("e\u0301t\u00E9", "\uFB01n", "\u2460"));
  EXPECT_THAT(make({{"normalisation", "nfc"}})->cut(text),
              ElementsAre("\u00E9t\u00E9", "\uFB01n", "\u2460"));
  EXPECT_THAT(make({{"normalisation", "nfkc"}})->cut(text),
              ElementsAre("\u00E9t\u00E9", "fin", "1"));
  EXPECT_THAT(make({{"normalisation", "nfc"}, {"lowercase", "true"}})->cut("\u1E9E\u01F0"),
              ElementsAre("ss\u01F0"))
      << "what folding takes apart is put together again";
}

TEST(WordTokenizer, DropsMarksAndDigits) {
  EXPECT_THAT(make({{"punctuation", "drop"}})->cut("\"Oh!\" -- 3 cats, 你好。\nyes \U0001F600"),
              ElementsAre("Oh", "3", "cats", "你好", "\n", "yes"));
  EXPECT_THAT(make({{"punctuation", "drop"}, {"split", "spaces"}})->cut("oh ! it 's \n"),
              ElementsAre("oh", "it", "'s", "\n"));
  EXPECT_THAT(make({{"numbers", "digit"}})->cut("in 1813, १२ b2b"),
              ElementsAre("in", "0000", ",", "00", "b0b"));
}

TEST(WordTokenizer, TextThatIsCutAlreadyComesBackByteForByte) {
  const auto tokenizer = make({{"split", "spaces"}});
  EXPECT_TRUE(tokenizer->lossless());
  for (const std::string text :
       {"AH0 K T", "a man , it 's n't here .", "", " ", "  ", "a  b ", " a", "\n", "\n\n a \n b\n",
        "a\tb\r\nc", "\U0001F468\u200D\U0001F469 你 好 नमस्ते"})
    EXPECT_EQ(tokenizer->join(tokenizer->cut(text)), text);
  EXPECT_THAT(tokenizer->cut("it 's\nso"), ElementsAre("it", "'s", "\n", "so"));
  EXPECT_FALSE(make()->lossless());
  EXPECT_FALSE(make({{"split", "spaces"}, {"lowercase", "true"}})->lossless());
  EXPECT_THAT(make({{"split", "spaces"}, {"newlines", "space"}})->cut(" a  b \n\n c"),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(make({{"split", "spaces"}, {"newlines", "paragraph"}})->cut(" a\nb \n\n c"),
              ElementsAre("a", "b", "\n\n", "c"));
}

TEST(WordTokenizer, ARareMarkIsReadAsItsCommonKin) {
  const auto tokenizer = make();
  const Vocabulary vocabulary = learn(*tokenizer, "a-b");
  EXPECT_THAT(vocabulary.tokens(), ElementsAre("-", "a", "b", "<unk>"));
  EXPECT_THAT(tokenizer->encode("a - b", vocabulary), ElementsAre(1, 0, 2));
}

TEST(WordTokenizer, OddInputIsHarmless) {
  for (const char* split : {"unicode", "spaces"}) {
    const auto tokenizer =
        make({{"split", split}, {"lowercase", "true"}, {"normalisation", "nfkc"}});
    EXPECT_THAT(learn(*tokenizer, "").tokens(), ElementsAre("<unk>")) << split;
    EXPECT_THAT(tokenizer->encode("", learn(*tokenizer, "a")), IsEmpty()) << split;
    for (const char* text : {"\xF0\x9F", "\xFF b", " \u0301", "\u200F\u200B", "\uFEFF"})
      EXPECT_NO_THROW(tokenizer->join(tokenizer->cut(text))) << split;
    EXPECT_THROW(tokenizer->encode("a", Vocabulary({"a"}, {})), Error) << split;
  }
}

}  // namespace
}  // namespace unroll
