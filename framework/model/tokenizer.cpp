#include <unroll/core/error.hpp>
#include <unroll/model/tokenizer.hpp>

namespace unroll {
namespace {

bool is_special(TokenId id, const Vocabulary::Special& special) {
  return id == special.unknown || id == special.begin || id == special.end;
}

}  // namespace

std::vector<TokenId> Tokenizer::encode(std::string_view text, const Vocabulary& vocabulary) const {
  std::vector<TokenId> ids;
  for (const std::string& token : cut(text)) {
    const auto id = vocabulary.find(token);
    if (!id && !vocabulary.special().unknown)
      fail(Failure::data, "the vocabulary lacks '{}' and has no unknown token", token);
    ids.push_back(id ? *id : *vocabulary.special().unknown);
  }
  return ids;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, const Vocabulary& vocabulary) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const TokenId id : ids)
    if (!is_special(id, vocabulary.special())) tokens.push_back(vocabulary.token(id));
  return join(tokens);
}

}  // namespace unroll
