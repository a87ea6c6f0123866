// Tokenizers that cut long texts into pieces: tokens of the pieces are those of the whole.
#include <gmock/gmock.h>

#include <unroll/core/random.hpp>
#include <unroll/model/text_pieces.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/tensor/engine.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using Options = std::vector<std::pair<std::string, std::string>>;

struct Choice {
  std::string name;
  Options options;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all = {
      {"char", {}},
      {"char", {{"unit", "grapheme"}}},
      {"char", {{"minimum_count", "3"}}},
      {"byte", {}},
      {"bpe", {{"size", "400"}}},
      {"bpe", {{"size", "300"}, {"byte_fallback", "false"}, {"character_coverage", "0.9"}}},
      {"word", {}},
      {"word", {{"newlines", "paragraph"}, {"minimum_count", "2"}}},
      {"word", {{"newlines", "space"}, {"lowercase", "true"}, {"normalisation", "nfkc"}}},
      {"word", {{"numbers", "digit"}, {"punctuation", "drop"}, {"maximum_size", "40"}}},
      {"word", {{"split", "spaces"}}},
      {"word", {{"split", "spaces"}, {"newlines", "paragraph"}}},
  };
  return all;
}

std::unique_ptr<Tokenizer> make(const Choice& choice) {
  static const Registry registry({test::plugins()});
  std::vector<Node::Entry> entries;
  for (const auto& [name, value] : choice.options)
    entries.push_back({name, {}, Node::scalar(value)});
  return registry.make_tokenizer({choice.name, Node::map(std::move(entries)), {}});
}

std::string name_of(const Choice& choice) {
  std::string name = choice.name;
  for (const auto& [option, value] : choice.options) name += " " + option + "=" + value;
  return name;
}

/// All that is awkward at a border, of which some lines may be cut and others may not.
std::string hard_text(std::uint64_t seed) {
  const std::vector<std::string> parts = {"word ",
                                          "Don't ",
                                          "--",
                                          "\"Yes\" ",
                                          "(no) ",
                                          "10:30 ",
                                          "1813",
                                          " ",
                                          "  ",
                                          "\t",
                                          "\n",
                                          "\n",
                                          "\n\n",
                                          "\r\n",
                                          "\n \n",
                                          "\n\t",
                                          "_so_ ",
                                          "é",
                                          "e\u0301",
                                          "\u0301",
                                          "\n\u0301",
                                          "नमस्ते ",
                                          "क्षि",
                                          "漢字",
                                          "ภาษาไทย",
                                          "\u200D",
                                          "\U0001F468\u200D\U0001F469",
                                          "\U0001F1E9\U0001F1EA",
                                          "\uFB01",
                                          "Straße ",
                                          "\u2028",
                                          "\u00A0",
                                          "…",
                                          "“ok” ",
                                          "\u05E9\u05DC",
                                          ".",
                                          ", ",
                                          "#a "};
  RandomStream random(seed, "text");
  std::string text;
  while (text.size() < 4000) text += parts[random.below(parts.size())];
  return text;
}

TEST(PiecewiseTokenizers, PiecesTogetherAreTheWhole) {
  for (const Choice& choice : choices()) {
    SCOPED_TRACE(name_of(choice));
    const auto tokenizer = make(choice);
    const auto* cutter = dynamic_cast<const PiecewiseTokenizer*>(tokenizer.get());
    ASSERT_NE(cutter, nullptr);
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      const std::string text = hard_text(seed);
      const std::string_view view = text;
      const Vocabulary vocabulary = tokenizer->learn({&view, 1}, {});
      const std::vector<TokenId> whole = tokenizer->encode(text, vocabulary);
      for (const std::size_t size : {1, 7, 100, 1500}) {
        std::vector<TokenId> joined;
        std::string bytes;
        const auto pieces = cut_into_pieces({&view, 1}, *cutter, size);
        for (const std::string_view piece : pieces) {
          const auto ids = tokenizer->encode(piece, vocabulary);
          joined.insert(joined.end(), ids.begin(), ids.end());
          bytes += piece;
        }
        ASSERT_EQ(bytes, text);
        ASSERT_EQ(joined, whole) << "seed " << seed << ", pieces of " << size;
        if (size == 1) {
          EXPECT_GT(pieces.size(), 20U) << "or this test compares nothing";
        }
      }
    }
  }
}

TEST(PiecewiseTokenizers, ThreadsLearnTheSame) {
  std::string text;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) text += hard_text(seed) + "\nend ";  // 0.8 MB
  const std::vector<std::string_view> texts = {text, std::string_view(text).substr(0, 300000)};
  for (const Choice& choice : choices()) {
    SCOPED_TRACE(name_of(choice));
    std::vector<std::vector<std::string>> learnt;
    for (const int threads : {1, 3}) {
      Engine::get().set_threads(threads);
      learnt.push_back(make(choice)->learn(texts, {}).tokens());
    }
    EXPECT_EQ(learnt[0], learnt[1]);
  }
  Engine::get().set_threads(1);
}

TEST(TextPieces, AreCutWhereLinesBeginWithWords) {
  const std::string_view text = "one\n two\n\nthree\n\u0301x\n漢\n5";
  const auto from = [&](std::size_t at) { return text.substr(line_from(text, at)); };
  EXPECT_EQ(from(0), text);
  EXPECT_EQ(from(1), "three\n\u0301x\n漢\n5");
  EXPECT_EQ(from(10), "three\n\u0301x\n漢\n5") << "where one begins already";
  EXPECT_EQ(from(11), "漢\n5");
  EXPECT_EQ(from(text.size() - 1), "5");
  EXPECT_EQ(from(text.size()), "");
  EXPECT_EQ(line_from("no break", 3), 8U);
  EXPECT_EQ(line_from("", 0), 0U);
}

TEST(TextPieces, WhatThreadsThrowIsThrownOnceAndTheFirst) {
  Engine::get().set_threads(3);
  for (int round = 0; round < 20; ++round) try {
      for_each_piece(100, [](std::size_t, std::size_t index) {
        if (index % 10 == 7) throw std::runtime_error(std::to_string(index));
      });
      ADD_FAILURE() << "nothing thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "7");
    }
  Engine::get().set_threads(1);
}

}  // namespace
}  // namespace unroll
