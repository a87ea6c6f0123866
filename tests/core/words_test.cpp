// Cutting into words and putting them together again, on text that is hard to cut.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unroll/core/words.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using Tokens = std::vector<std::string>;

Tokens cut(std::string_view text, LineBreaks line_breaks = LineBreaks::token) {
  return cut_words(text, line_breaks);
}

std::string back(std::string_view text) {
  return join_words(cut(text));
}

TEST(Words, ContractionsAndNumbersAreOneWordMarksTheirOwn) {
  EXPECT_THAT(cut("Don't pay 3.14, Mr. O’Neill!"),
              ElementsAre("Don't", "pay", "3.14", ",", "Mr", ".", "O’Neill", "!"));
  EXPECT_THAT(cut("to-night -- well--so..."),
              ElementsAre("to", "-", "night", " -- ", "well", "--", "so", "..."));
}

TEST(Words, QuotationMarksKnowWhetherTheyOpen) {
  EXPECT_THAT(cut("\"Oh!\" she said, \"'tis late.\""),
              ElementsAre(" \"", "Oh", "!", "\"", "she", "said", ",", " \"", " '", "tis", "late",
                          ".", "\""));
  EXPECT_THAT(cut("Er sagte: „Nein“, und »Ja«."), ElementsAre("Er", "sagte", ":", "„", "Nein", "“ ",
                                                              ",", "und", " »", "Ja", "« ", "."));
}

TEST(Words, UnderscoresAroundAWordAreNoPartOfIt) {
  EXPECT_THAT(cut("_We_ use snake_case __"),
              ElementsAre(" _", "We", "_", "use", "snake_case", " __"));
}

TEST(Words, LineBreaksAreTokensOrSpacesOrParagraphs) {
  const std::string text = "a b\r\nc\n\n\n d\n";
  EXPECT_THAT(cut(text), ElementsAre("a", "b", "\n", "c", "\n", "\n", "\n", "d", "\n"));
  EXPECT_THAT(cut(text, LineBreaks::space), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(cut(text, LineBreaks::paragraph), ElementsAre("a", "b", "c", "\n\n", "d"));
  EXPECT_EQ(join_words(cut(text)), "a b\nc\n\n\nd\n");
  EXPECT_EQ(join_words(cut(text, LineBreaks::paragraph)), "a b c\n\nd");
}

TEST(Words, ComeBackAsTheyWere) {
  for (const char* text : {
           "It is a truth universally acknowledged, that a single man must be in want of a wife.",
           "\"Oh! \"--\"I cannot,\"--said he; '--but (she was glad) 'how funny it'll seem!'",
           "'Do cats eat bats, I wonder?' And here Alice began to get rather sleepy.",
           "\"'Tis nothing,\" cried she--\"nothing at all.\"",
           "a well-known fact - or so it seemed - in 1813: half price, 50% off, £5 each",
           "Das kostet 5 € (fünf), sagte sie: „Schön!“ »Ja«, ‚nein‘. Größe: 3/4",
           "« Bonjour », dit-il. Ça va ? l'été — c’est-à-dire",
           "¿Qué tal? ¡Hola! (Sí.) #1 & * 2",
           "她说：“你好，世界！”《红楼梦》……——是的。",
           "吾輩は猫である。名前はまだ無い。「カタカナ」",
           "मैं घर जा रहा हूँ। वह भी॥ नमस्ते, दुनिया!",
           "สวัสดีชาวโลก",
           "다람쥐 헌 쳇바퀴에 타고파.",
           "مرحبا بالعالم، كيف الحال؟ שלום, עולם!",
           "Привет, «мир»! Как дела?",
           "\U0001F468\u200D\U0001F469\u200D\U0001F467 \U0001F44D\U0001F3FD! \U0001F1E9\U0001F1EA",
           "yes \U0001F600\U0001F600 no\U0001F600 e\u0301te\u0301",
           "line one\n- item\n* star\n\n\"quoted\"\n",
       })
    EXPECT_EQ(back(text), text);
}

TEST(Words, WordsOfScriptsWithoutSpacesAreFoundByDictionary) {
  EXPECT_THAT(cut("我们学习中文"), ElementsAre("我们", "学习", "中文"));
  EXPECT_THAT(cut("ภาษาไทย"), ElementsAre("ภาษา", "ไทย"));
}

TEST(Words, OddInputIsHarmless) {
  EXPECT_THAT(cut(""), IsEmpty());
  EXPECT_THAT(cut(" \t\u00A0\u3000"), IsEmpty());
  EXPECT_THAT(cut("\n \n"), ElementsAre("\n", "\n"));
  EXPECT_THAT(cut(" \u0301"), ElementsAre("\u0301")) << "a mark that combines with a space";
  EXPECT_EQ(join_words({}), "");
  const Tokens strange = {"", " ", "  ", "\x80", "\n", " \n ", "\xF0\x9F"};
  EXPECT_NO_THROW(join_words(strange));
  const std::string letters(1 << 20, 'x'), stars(1 << 20, '*');
  EXPECT_THAT(cut(letters + " " + stars), ElementsAre(letters, stars));
  for (const char* damaged : {"\xF0\x9F", "a\xC3", "\xFF\xFE b", "\x80\x80"})
    EXPECT_NO_THROW(back(damaged));
}

TEST(Words, WhatComesLaterChangesNothingBefore) {
  const Tokens tokens = cut("\"Well,\" she said (twice) -- '你好' and\n5 € no, 10:30 \U0001F600!");
  for (std::size_t n = 0; n < tokens.size(); ++n)
    EXPECT_TRUE(join_words(tokens).starts_with(join_words(std::span(tokens).first(n)))) << n;
}

TEST(Words, KnowsWordsFromMarks) {
  for (const char* word : {"a", "don't", "7", "你", "ไทย", "हूँ", "-a-"})
    EXPECT_TRUE(is_word(word)) << word;
  for (const char* mark : {"", "--", " \"", "。", "\n", "\U0001F600", "€"})
    EXPECT_FALSE(is_word(mark)) << mark;
}

// Books as people typed them: how much comes back exactly, once every run of spaces and line breaks
// within a paragraph is one space?
struct Exact {
  std::int64_t gaps = 0, right_gaps = 0, paragraphs = 0, right_paragraphs = 0;
};

std::string single_spaced(std::string_view text) {
  std::string result;
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\r')
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

void compare(const std::string& paragraph, Exact& exact) {
  const std::string text = single_spaced(paragraph);
  if (text.empty()) return;
  const std::string again = join_words(cut_words(paragraph, LineBreaks::space));
  ++exact.paragraphs;
  exact.right_paragraphs += text == again ? 1 : 0;
  // Wherever either text has a space, or words meet without one.
  std::size_t i = 0, k = 0;
  for (; i < text.size() && k < again.size(); ++i, ++k) {
    const bool here = text[i] == ' ', there = again[k] == ' ';
    if (here || there) {
      ++exact.gaps;
      exact.right_gaps += here && there ? 1 : 0;
      i += here ? 1 : 0;
      k += there ? 1 : 0;
    }
    ASSERT_EQ(text[i], again[k]) << "more than spaces differ in: " << paragraph;
  }
  EXPECT_TRUE(i == text.size() && k == again.size()) << paragraph;
}

Exact round_trip(const fs::path& book) {
  std::ifstream file(book, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Exact exact;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", begin), text.size());
    compare(text.substr(begin, end - begin), exact);
    begin = end + 1;
  }
  return exact;
}

fs::path data_folder() {
  if (const char* folder = std::getenv("UNROLL_DATA")) return folder;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  return (cache != nullptr ? fs::path(cache) : fs::path(home == nullptr ? "" : home) / ".cache") /
         "unroll/data";
}

TEST(Words, BooksComeBackAsTheyWere) {
  int books = 0;
  for (const char* name :
       {"alice/alice.txt", "austen/emma.txt", "austen/pride-and-prejudice.txt"}) {
    const fs::path book = data_folder() / name;
    if (!fs::exists(book)) continue;
    ++books;
    const Exact exact = round_trip(book);
    const auto share = [](std::int64_t part, std::int64_t whole) {
      return static_cast<double>(part) / static_cast<double>(whole);
    };
    const double gaps = share(exact.right_gaps, exact.gaps);
    const double paragraphs = share(exact.right_paragraphs, exact.paragraphs);
    std::printf("%s: %.4f %% of spaces, %.2f %% of paragraphs\n", name, 100 * gaps,
                100 * paragraphs);
    EXPECT_GT(gaps, 0.9995) << name;
    EXPECT_GT(paragraphs, 0.985) << name;
  }
  if (books == 0) GTEST_SKIP() << "no books: tools/get-data alice austen";
}

}  // namespace
}  // namespace unroll
