#include <algorithm>
#include <array>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/model/vocabulary.hpp>

namespace unroll {
namespace {

/// The special tokens with the names they are saved under.
struct SpecialName {
  const char* name;
  std::optional<TokenId> Vocabulary::Special::*id;
};
constexpr std::array<SpecialName, 3> kSpecialNames{{{"unknown", &Vocabulary::Special::unknown},
                                                    {"begin", &Vocabulary::Special::begin},
                                                    {"end", &Vocabulary::Special::end}}};

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> tokens, Special special)
    : tokens_(std::move(tokens)), special_(special) {
  ids_.reserve(tokens_.size());
  for (std::size_t i = 0; i < tokens_.size(); ++i)
    if (!ids_.emplace(tokens_[i], static_cast<TokenId>(i)).second)
      fail(Failure::data, "the vocabulary holds the token '{}' twice", tokens_[i]);
  for (const SpecialName& entry : kSpecialNames) {
    const auto id = special_.*entry.id;
    if (id && (*id < 0 || *id >= size()))
      fail(Failure::data, "the vocabulary's {} token is {}, outside 0 … {}", entry.name, *id,
           size() - 1);
  }
}

Vocabulary Vocabulary::with_special(std::vector<std::string> tokens, SpecialTokens wanted) {
  struct Entry {
    const char* spelling;
    bool wanted;
    std::optional<TokenId> Special::*id;
  };
  const std::array<Entry, 3> entries{{{"<unk>", true, &Special::unknown},
                                      {"<bos>", wanted.begin, &Special::begin},
                                      {"<eos>", wanted.end, &Special::end}}};
  for (const Entry& entry : entries)
    if (entry.wanted) std::erase(tokens, entry.spelling);
  Special special;
  for (const Entry& entry : entries) {
    if (!entry.wanted) continue;
    special.*entry.id = static_cast<TokenId>(tokens.size());
    tokens.emplace_back(entry.spelling);
  }
  return Vocabulary(std::move(tokens), special);
}

std::optional<TokenId> Vocabulary::find(std::string_view token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

bool Vocabulary::never_generated(TokenId id) const noexcept {
  return id == special_.unknown || id == special_.begin;
}

Archive Vocabulary::save() const {
  Archive archive;
  archive.put("tokens", Array{{size()}, tokens_, {}});
  for (const SpecialName& entry : kSpecialNames)
    if (const auto id = special_.*entry.id) archive.put(entry.name, std::int64_t{*id});
  return archive;
}

Vocabulary Vocabulary::load(const Archive& archive) {
  const auto* tokens = std::get_if<std::vector<std::string>>(&archive.array("tokens").values);
  if (tokens == nullptr) fail(Failure::data, "the saved vocabulary's tokens are not texts");
  Special special;
  for (const SpecialName& entry : kSpecialNames)
    if (archive.has(entry.name))
      special.*entry.id = static_cast<TokenId>(archive.integer(entry.name));
  return Vocabulary(*tokens, special);
}

}  // namespace unroll
