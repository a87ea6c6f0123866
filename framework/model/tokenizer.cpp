#include <algorithm>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/model/tokenizer.hpp>

namespace unroll {
namespace {

bool is_special(TokenId id, const Vocabulary::Special& special) {
  return id == special.unknown || id == special.begin || id == special.end;
}

/// Could bytes to come make a character of these, with which a text ends?
bool unfinished(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  const std::size_t length = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return first < 0xF5 && bytes.size() < length &&
         std::all_of(bytes.begin() + 1, bytes.end(),
                     [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
}

/// Bytes that are no character become U+FFFD; a character that is not finished is left out.
std::string readable(std::string text) {
  auto at = first_invalid_utf8(text);
  if (!at) return text;
  std::string result;
  std::string_view rest = text;
  for (; at; at = first_invalid_utf8(rest)) {
    result += rest.substr(0, *at);
    rest.remove_prefix(*at);
    if (unfinished(rest)) return result;
    result += "\uFFFD";
    rest.remove_prefix(1);
  }
  return result += rest;
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
  return readable(join(tokens));
}

}  // namespace unroll
