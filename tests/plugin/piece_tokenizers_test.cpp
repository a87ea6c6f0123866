// byte and bpe: every byte comes back, pieces as a plain count finds them, texts that are no UTF-8.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/model/byte_pairs.hpp>
#include <unroll/model/text_stream.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using Options = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Tokenizer> make(const std::string& name, const Options& options = {}) {
  static const Registry registry({test::plugins()});
  std::vector<Node::Entry> entries;
  for (const auto& [key, value] : options) entries.push_back({key, {}, Node::scalar(value)});
  return registry.make_tokenizer({name, Node::map(std::move(entries)), {}});
}

Vocabulary learn(const Tokenizer& tokenizer, std::string_view text, SpecialTokens wanted = {}) {
  return tokenizer.learn(std::span(&text, 1), wanted);
}

const std::vector<std::string>& hard_texts() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> texts{
        "",
        " ",
        "\n",
        "  two  spaces  ",
        "line\r\nbreak\n\n\nthree",
        "tab\tand\u00a0space",
        "e\u0301 and \u00e9",
        "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
        "\u05e9\u05dc\u05d5\u05dd 1813",
        "\u65e5\u672c\u8a9e\u3001\u3067\u3059",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
        "<0x41> <unk> \u2581",
        std::string("nul\0nul", 7),
        "don't stop -- 3.14!"};
    std::string bytes;
    for (int b = 0; b < 256; ++b) bytes += static_cast<char>(b);
    texts.push_back(bytes);  // no UTF-8
    texts.push_back("\xE2\x82");
    texts.push_back("\xF0\x9F\x98\x80\xC3(\xA9");
    return texts;
  }();
  return all;
}

const char* const kText =
    "the cat sat on the mat. the hat, the cat!\nthe thin thing 12 121 1212\nthat thaw aaa aaaa\n";

TEST(PieceTokenizers, GiveBackEveryByte) {
  for (const char* name : {"byte", "bpe"}) {
    const auto tokenizer =
        make(name, std::string(name) == "bpe" ? Options{{"size", "300"}} : Options{});
    ASSERT_TRUE(tokenizer->lossless());
    const Vocabulary vocabulary = learn(*tokenizer, kText);
    for (const std::string& text : hard_texts()) {
      const std::vector<std::string> tokens = tokenizer->cut(text);
      EXPECT_EQ(tokenizer->join(tokens), text);
      const std::vector<TokenId> ids = tokenizer->encode(text, vocabulary);
      ASSERT_EQ(ids.size(), tokens.size()) << name << ' ' << text;
      for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(vocabulary.token(ids[i]), tokens[i]);
      EXPECT_EQ(std::count(ids.begin(), ids.end(), vocabulary.special().unknown), 0);
      if (!first_invalid_utf8(text)) {
        EXPECT_EQ(tokenizer->decode(ids, vocabulary), text);
      }
    }
  }
}

TEST(PieceTokenizers, DecodeToTextThatIsAlwaysUtf8) {
  const auto tokenizer = make("byte");
  const Vocabulary vocabulary = learn(*tokenizer, "");
  const auto decode = [&](std::string_view bytes) {
    return tokenizer->decode(tokenizer->encode(bytes, vocabulary), vocabulary);
  };
  EXPECT_EQ(decode("a\xE2\x82\xAC"
                   "b"),
            "a\u20AC"
            "b");
  EXPECT_EQ(decode("a\xE2\x82"), "a") << "the rest may follow";
  EXPECT_EQ(decode("a\xE2\x82"
                   "b"),
            "a\uFFFD\uFFFD"
            "b");
  EXPECT_EQ(decode("\x80\xFF\xC0"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode("\xF0\x9F\x98"), "");
  // Token by token, the pieces together are that text.
  for (const std::string& text : hard_texts()) {
    TextStream stream(*tokenizer, vocabulary);
    std::string together;
    for (const TokenId id : tokenizer->encode(text, vocabulary)) together += stream.add(id);
    EXPECT_FALSE(first_invalid_utf8(together));
    if (!first_invalid_utf8(text)) {
      EXPECT_EQ(together, text);
    }
  }
}

TEST(ByteTokenizer, HasTheSameIdsForEveryText) {
  const auto tokenizer = make("byte");
  const Vocabulary vocabulary = learn(*tokenizer, "abc", {.begin = true, .end = true});
  EXPECT_EQ(vocabulary.size(), 259);
  EXPECT_EQ(vocabulary.special().unknown, 256);
  EXPECT_THAT(tokenizer->encode("A\n\u00e9", vocabulary), ElementsAre(65, 10, 0xC3, 0xA9));
  EXPECT_THAT(tokenizer->cut("A\u00e9"), ElementsAre("A", "<0xC3>", "<0xA9>"));
  EXPECT_THROW(tokenizer->encode("a", learn(*make("char"), "abc")), Error);
}

/// All pairs counted anew for every piece, and a text joined pair by pair.
struct PlainPairs {
  std::vector<std::string> merges;

  static std::vector<std::string> letters(std::string_view chunk) {
    std::vector<std::string> parts;
    for (const char c : chunk) parts.emplace_back(1, c);  // of ASCII
    return parts;
  }

  static void join(std::vector<std::string>& parts, const std::string& first,
                   const std::string& second) {
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
      if (parts[i] == first && parts[i + 1] == second) {
        parts[i] += second;
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
  }

  PlainPairs(std::string_view text, std::size_t count, std::size_t longest) {
    std::vector<std::vector<std::string>> chunks;
    for_each_chunk(text, [&](std::string_view chunk) { chunks.push_back(letters(chunk)); });
    while (merges.size() < count) {
      std::map<std::pair<std::string, std::string>, int> counts;
      for (const auto& parts : chunks)
        for (std::size_t i = 0; i + 1 < parts.size(); ++i)
          if (parts[i].size() + parts[i + 1].size() <= longest) ++counts[{parts[i], parts[i + 1]}];
      if (counts.empty()) return;
      const auto best = *std::min_element(counts.begin(), counts.end(), [](auto& a, auto& b) {
        const std::string x = a.first.first + a.first.second, y = b.first.first + b.first.second;
        if (a.second != b.second) return a.second > b.second;
        return x.size() != y.size() ? x.size() < y.size() : x < y;
      });
      const std::string piece = best.first.first + best.first.second;
      if (std::find(merges.begin(), merges.end(), piece) == merges.end()) merges.push_back(piece);
      for (auto& parts : chunks) join(parts, best.first.first, best.first.second);
    }
  }

  std::vector<std::string> cut(std::string_view text) const {
    std::vector<std::string> all;
    for_each_chunk(text, [&](std::string_view chunk) {
      std::vector<std::string> parts = letters(chunk);
      for (;;) {
        auto best = merges.end();
        std::size_t at = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
          const auto found = std::find(merges.begin(), merges.end(), parts[i] + parts[i + 1]);
          if (found < best) {
            best = found;
            at = i;
          }
        }
        if (best == merges.end()) break;
        parts[at] += parts[at + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      }
      all.insert(all.end(), parts.begin(), parts.end());
    });
    return all;
  }
};

TEST(BpeTokenizer, MakesThePiecesThatAPlainCountFinds) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += kText;
    for (int k = 0; k < i % 7; ++k) text += std::string(" ") + "abracadabra"[i % 11] + "thema tic";
  }
  for (const std::size_t merges : {5U, 40U, 90U}) {
    const PlainPairs plain(text, merges, 6);
    std::string characters = text;
    std::sort(characters.begin(), characters.end());
    characters.erase(std::unique(characters.begin(), characters.end()), characters.end());
    const auto tokenizer = make("bpe", {{"size", fmt::format("{}", merges + characters.size())},
                                        {"byte_fallback", "false"},
                                        {"longest", "6"}});
    const Vocabulary vocabulary = learn(*tokenizer, text);
    ASSERT_GE(vocabulary.tokens().size(), plain.merges.size());
    EXPECT_TRUE(std::equal(plain.merges.begin(), plain.merges.end(), vocabulary.tokens().begin()))
        << merges;
    for (const char* other : {kText, "that cathat thinaaaaa 21212", "mathematic"})
      EXPECT_EQ(tokenizer->cut(other), plain.cut(other)) << merges;
  }
}

TEST(BpeTokenizer, CutsInChunksThatNoPieceCrosses) {
  std::vector<std::string> chunks;
  for_each_chunk("The  cat's 1813,\n\n  \"yes\"\u00e9 ",
                 [&](std::string_view chunk) { chunks.emplace_back(chunk); });
  EXPECT_THAT(chunks, ElementsAre("The", " ", " cat", "'", "s", " 1813", ",", "\n\n", " ", " \"",
                                  "yes", "\"", "\u00e9", " "));
}

TEST(BpeTokenizer, OptionsSayWhatIsAPiece) {
  const Vocabulary bytes = learn(*make("bpe", {{"size", "300"}}), kText, {true, true});
  EXPECT_EQ(bytes.size(), 300 + 3);
  EXPECT_EQ(bytes.token(0), "<0x00>");
  EXPECT_EQ(bytes.token(256), "th");
  EXPECT_TRUE(bytes.find(" the"));
  const auto rough =
      make("bpe", {{"size", "30"}, {"byte_fallback", "false"}, {"character_coverage", "0.9"}});
  EXPECT_FALSE(rough->lossless());
  const Vocabulary few = learn(*rough, kText);
  EXPECT_EQ(few.size(), 30 + 1);
  EXPECT_FALSE(few.find("!"));
  EXPECT_EQ(rough->encode("!", few), std::vector<TokenId>{*few.special().unknown});
  EXPECT_FALSE(learn(*make("bpe", {{"size", "2"}}), kText).find("th")) << "characters alone";
  EXPECT_LT(learn(*make("bpe", {{"size", "5000"}}), kText).size(), 400) << "no more pairs";
}

TEST(BpeTokenizer, NeedsNothingButTheVocabulary) {
  const Vocabulary vocabulary = learn(*make("bpe", {{"size", "300"}}), kText);
  const Vocabulary loaded = Vocabulary::load(vocabulary.save());
  const auto learnt = make("bpe", {{"size", "300"}}), other = make("bpe");
  EXPECT_EQ(learn(*learnt, kText).tokens(), vocabulary.tokens());
  EXPECT_EQ(other->encode("the thatch \u00e9", loaded),
            learnt->encode("the thatch \u00e9", vocabulary));
}

}  // namespace
}  // namespace unroll
