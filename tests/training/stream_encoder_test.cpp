// Long texts as ids: the same with and without threads, pieces and a cache.
#include <gmock/gmock.h>

#include <unroll/core/files.hpp>
#include <unroll/core/random.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/training/stream_encoder.hpp>

#include "paths.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

namespace fs = std::filesystem;
using testing::SizeIs;

const Registry& registry() {
  static const Registry all({test::plugins()});
  return all;
}

std::unique_ptr<Tokenizer> make(const std::string& name, const std::string& option = {},
                                const std::string& value = {}) {
  std::vector<Node::Entry> entries;
  if (!option.empty()) entries.push_back({option, {}, Node::scalar(value)});
  return registry().make_tokenizer({name, Node::map(std::move(entries)), {}});
}

/// Two and a half megabytes of several scripts: more than a round of pieces.
std::string long_text() {
  const std::vector<std::string> words = {"the ",    "of ",         "naïve ",    "नमस्ते ", "漢字",
                                          "привет ", "it's, ",      "1813 ",     "\n",    "\n\n",
                                          "“so” ",   "\U0001F600 ", "end.\nAnd "};
  RandomStream random(1, "words");
  std::string text;
  while (text.size() < 2500000) {
    text += words[random.below(words.size())];
    if (random.below(50) == 0) text += std::to_string(random.below(70000)) + " ";
  }
  return text;
}

std::vector<TokenText> ids_of(const TokenTexts& texts) {
  std::vector<TokenText> all;
  for (std::size_t i = 0; i < texts.count(); ++i) all.push_back(texts.text(i).ids());
  return all;
}

class StreamEncoderTest : public testing::Test {
 protected:
  StreamEncoderTest() : text(store.keep(long_text())) {
    texts = {text.substr(0, text.find('\n', 1800000)), text.substr(text.find('\n', 1800000))};
  }
  void TearDown() override { Engine::get().set_threads(1); }

  /// As one who knows neither pieces nor caches does it.
  TokenTexts plainly(const Tokenizer& tokenizer, const Vocabulary& vocabulary) const {
    return encode_texts(texts, tokenizer, vocabulary, false);
  }
  void expect_same(const TokenTexts& found, const TokenTexts& wanted) const {
    EXPECT_EQ(ids_of(found), wanted.texts);
    EXPECT_EQ(found.unknown, wanted.unknown);
    EXPECT_EQ(found.characters, wanted.characters);
    EXPECT_EQ(found.tokens(), wanted.tokens());
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder.path()), {}));
  }

  Scratch folder;
  TextStore store;
  std::string_view text;
  std::vector<std::string_view> texts;
};

TEST_F(StreamEncoderTest, GivesWhatTheTokenizerGives) {
  const TextCache none({{}, 0}), cache({folder.path(), 0});
  for (const auto& tokenizer : {make("char"), make("char", "unit", "grapheme"), make("byte"),
                                make("word", "minimum_count", "3"), make("bpe", "size", "700")}) {
    const Vocabulary vocabulary = tokenizer->learn(texts, {});
    const TokenTexts wanted = plainly(*tokenizer, vocabulary);
    const std::string identity = "tokenizer " + std::to_string(vocabulary.size());
    for (const int threads : {1, 3}) {
      Engine::get().set_threads(threads);
      expect_same(StreamEncoder(*tokenizer, "", store, cache).encode(texts, vocabulary), wanted);
      expect_same(StreamEncoder(*tokenizer, identity, store, none).encode(texts, vocabulary),
                  wanted);
    }
    const std::size_t before = entries();
    for (const int time : {1, 2}) {
      const StreamEncoder encoder(*tokenizer, identity, store, cache);
      EXPECT_EQ(encoder.learn(texts, {}).tokens(), vocabulary.tokens()) << time;
      expect_same(encoder.encode(texts, vocabulary), wanted);
      EXPECT_EQ(entries(), before + 2);
    }
  }
}

TEST_F(StreamEncoderTest, IdsAreNarrow) {
  const TextCache none({{}, 0});
  for (const auto& [name, width] : {std::pair("char", 1), std::pair("byte", 2)}) {
    const auto tokenizer = make(name);
    const TokenTexts found =
        StreamEncoder(*tokenizer, "", store, none).encode(texts, tokenizer->learn(texts, {}));
    EXPECT_EQ(found.stored.ids().width(), width) << name;
  }
}

TEST_F(StreamEncoderTest, WhatDiffersIsAnotherEntry) {
  const TextCache cache({folder.path(), 0});
  const auto tokenizer = make("char");
  const Vocabulary vocabulary = tokenizer->learn(texts, {});
  const StreamEncoder encoder(*tokenizer, "one", store, cache);
  encoder.encode(texts, vocabulary);
  encoder.encode(texts, vocabulary);
  EXPECT_EQ(entries(), 1U);
  StreamEncoder(*tokenizer, "other options", store, cache).encode(texts, vocabulary);
  EXPECT_EQ(entries(), 2U);
  encoder.encode({texts[0]}, vocabulary);
  EXPECT_EQ(entries(), 3U);
  std::string changed(text);
  changed[1000] = changed[1000] == 'a' ? 'b' : 'a';
  encoder.encode({store.keep(changed)}, vocabulary);
  encoder.encode({text}, vocabulary);
  EXPECT_EQ(entries(), 5U);
  const std::string_view few = texts[1].substr(0, 1000);
  const Vocabulary other = tokenizer->learn({&few, 1}, {});
  expect_same(encoder.encode(texts, other), plainly(*tokenizer, other));
  EXPECT_EQ(entries(), 6U);
}

TEST_F(StreamEncoderTest, DamagedEntriesAreMadeAnew) {
  const TextCache cache({folder.path(), 0});
  const auto tokenizer = make("bpe", "size", "400");
  const StreamEncoder encoder(*tokenizer, "one", store, cache);
  const Vocabulary vocabulary = encoder.learn(texts, {});
  const TokenTexts wanted = plainly(*tokenizer, vocabulary);
  encoder.encode(texts, vocabulary);
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    std::string bytes = read_file(entry.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    write_file_atomically(entry.path(), bytes);
  }
  testing::internal::CaptureStderr();
  EXPECT_EQ(encoder.learn(texts, {}).tokens(), vocabulary.tokens());
  expect_same(encoder.encode(texts, vocabulary), wanted);
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 2) << told;
  testing::internal::CaptureStderr();
  expect_same(encoder.encode(texts, vocabulary), wanted);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(StreamEncoderTest, WithoutRoomForTheCacheIdsAreInMemory) {
  write_file_atomically(folder / "file", "");
  const TextCache cache({folder / "file/below", 0});
  const auto tokenizer = make("char");
  testing::internal::CaptureStderr();
  const StreamEncoder encoder(*tokenizer, "one", store, cache);
  const Vocabulary vocabulary = encoder.learn(texts, {});
  expect_same(encoder.encode(texts, vocabulary), plainly(*tokenizer, vocabulary));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("cannot be kept"));
}

TEST_F(StreamEncoderTest, ATokenizerFromTheCacheCutsByItsVocabulary) {
  const TextCache cache({folder.path(), 0});
  std::vector<std::string> cut;
  for (int time = 0; time < 2; ++time) {
    const auto tokenizer = make("bpe", "size", "500");
    const StreamEncoder encoder(*tokenizer, "one", store, cache);
    encoder.encode(texts, encoder.learn(texts, {}));
    const std::vector<std::string> now = tokenizer->cut("the naïve end");
    if (time == 1) {
      EXPECT_EQ(now, cut);
    }
    cut = now;
  }
  EXPECT_THAT(cut, SizeIs(testing::Le(5))) << "pieces, not characters";
}

}  // namespace
}  // namespace unroll
