// StreamEncoder: long texts as ids, encoded by several threads and read again from a cache.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/model/text_streams.hpp>
#include <unroll/training/encoded.hpp>
#include <unroll/training/text_cache.hpp>

namespace unroll {

/// With and without a cache, of long texts and short ones: the same vocabulary and the same ids as
/// the tokenizer gives for each text as a whole.
class StreamEncoder {
 public:
  /// `identity` names all that the tokenizer's work follows from beside texts and vocabulary; empty
  /// where nothing is to be kept. All must outlive the encoder; the store keeps the texts.
  StreamEncoder(const Tokenizer& tokenizer, std::string identity, const TextStore& store,
                const TextCache& cache)
      : tokenizer_(tokenizer), identity_(std::move(identity)), store_(store), cache_(cache) {}

  using Texts = std::vector<std::string_view>;
  Vocabulary learn(const Texts& texts, SpecialTokens wanted) const;
  TokenTexts encode(const Texts& texts, const Vocabulary& vocabulary) const;

 private:
  struct Totals;
  using Take = TextCache::Append;

  bool caches(const Texts& texts) const;
  std::string key_of(const Texts& texts, std::string_view purpose) const;
  Totals encode_into(const Texts& texts, const Vocabulary& vocabulary, const Take& take) const;
  bool begins_like(const TokenTexts& found, const Texts& texts, const Vocabulary& vocabulary) const;

  const Tokenizer& tokenizer_;
  std::string identity_;
  const TextStore& store_;
  const TextCache& cache_;
  mutable std::vector<std::pair<std::string, std::string>> digests_;  ///< of texts, by their place
};

}  // namespace unroll
