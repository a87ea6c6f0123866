#include <unroll/training/stream_encoder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <unroll/core/sha256.hpp>
#include <unroll/model/text_pieces.hpp>

namespace unroll {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 19;  // bytes of text
constexpr std::size_t kRound = 4;                     // pieces of a share that wait to be taken

/// A piece of one of the texts.
struct Piece {
  std::size_t text = 0;
  std::string_view bytes;
};

struct EncodedPiece {
  std::string ids;  ///< as many bytes each as the vocabulary needs
  std::int64_t tokens = 0, unknown = 0, characters = 0;
  TokenId first = 0;
};

template <typename T>
void narrow(const std::vector<TokenId>& ids, std::string& into) {
  into.resize(ids.size() * sizeof(T));
  auto* to = reinterpret_cast<T*>(into.data());
  for (std::size_t i = 0; i < ids.size(); ++i) to[i] = static_cast<T>(ids[i]);
}

void append_numbers(std::string& bytes, std::initializer_list<std::int64_t> numbers) {
  for (const std::int64_t number : numbers) {
    char raw[8];
    std::memcpy(raw, &number, sizeof raw);
    bytes.append(raw, sizeof raw);
  }
}

/// Reads what append_numbers wrote, from the front.
class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : left_(bytes) {}
  bool has(std::size_t bytes) const { return left_.size() >= bytes; }
  std::int64_t next() {
    std::int64_t number = 0;
    if (has(8)) std::memcpy(&number, left_.data(), 8);
    left_.remove_prefix(std::min<std::size_t>(8, left_.size()));
    return number;
  }
  std::string_view text(std::size_t length) {
    const std::string_view text = left_.substr(0, length);
    left_.remove_prefix(text.size());
    return text;
  }

 private:
  std::string_view left_;
};

std::string written(const Vocabulary& vocabulary) {
  const auto id = [](std::optional<TokenId> special) { return special ? *special : -1; };
  const Vocabulary::Special& special = vocabulary.special();
  std::string bytes;
  append_numbers(bytes,
                 {id(special.unknown), id(special.begin), id(special.end), vocabulary.size()});
  for (const std::string& token : vocabulary.tokens()) {
    append_numbers(bytes, {std::ssize(token)});
    bytes += token;
  }
  return bytes;
}

Vocabulary read_vocabulary(std::string_view bytes) {
  Numbers numbers(bytes);
  const auto id = [&]() -> std::optional<TokenId> {
    const std::int64_t number = numbers.next();
    return number < 0 ? std::nullopt : std::optional(static_cast<TokenId>(number));
  };
  Vocabulary::Special special;
  special.unknown = id();
  special.begin = id();
  special.end = id();
  const std::int64_t size = numbers.next();
  std::vector<std::string> tokens;
  for (std::int64_t i = 0; i < size; ++i) {
    const auto length = static_cast<std::size_t>(numbers.next());
    tokens.emplace_back(numbers.text(length));
  }
  return {std::move(tokens), special};
}

}  // namespace

struct StreamEncoder::Totals {
  std::vector<std::int64_t> ends;
  std::int64_t unknown = 0, characters = 0;
  int width = 4;
};

bool StreamEncoder::caches(const Texts& texts) const {
  std::uint64_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  return !identity_.empty() && cache_.wants(bytes);
}

std::string StreamEncoder::key_of(const Texts& texts, std::string_view purpose) const {
  std::string all = fmt::format("{}\n{}\n", identity_, purpose);
  for (const std::string_view text : texts) {
    const std::string place =
        fmt::format("{}+{}", static_cast<const void*>(text.data()), text.size());
    auto known = std::find_if(digests_.begin(), digests_.end(),
                              [&](const auto& entry) { return entry.first == place; });
    if (known == digests_.end()) {
      digests_.emplace_back(place,
                            digest_of(text, [&](std::string_view part) { store_.release(part); }));
      known = digests_.end() - 1;
    }
    all += fmt::format("{} {}\n", text.size(), known->second);
  }
  return sha256(all);
}

Vocabulary StreamEncoder::learn(const Texts& texts, SpecialTokens wanted) const {
  if (!caches(texts)) return tokenizer_.learn(texts, wanted);
  const std::string key =
      key_of(texts, fmt::format("vocabulary {:d} {:d}", wanted.begin, wanted.end));
  if (const auto found = cache_.find(key, "vocabulary")) return read_vocabulary(found->content);
  Vocabulary vocabulary = tokenizer_.learn(texts, wanted);
  for (const std::string_view text : texts) store_.release(text);
  cache_.put(key, "vocabulary", [&](const auto& append) { append(written(vocabulary)); });
  return vocabulary;
}

TokenTexts StreamEncoder::encode(const Texts& texts, const Vocabulary& vocabulary) const {
  TokenTexts result;
  if (texts.empty()) return result;
  const int width = width_of_ids(vocabulary.size());
  const bool cached = caches(texts);
  std::string key;
  const auto from_cache = [&] {
    // The ids, filled up to 8 bytes; then where texts end, unknown ones, characters and ids.
    auto entry = cache_.find(key, "ids");
    if (!entry) return false;
    const std::string_view content = entry->content;
    const std::size_t tail = 8 * (texts.size() + 3);
    if (content.size() < tail) return false;
    Numbers numbers(content.substr(content.size() - tail));
    std::vector<std::int64_t> ends;
    for (std::size_t i = 0; i < texts.size(); ++i) ends.push_back(numbers.next());
    result.unknown = numbers.next();
    result.characters = numbers.next();
    const TokenSpan ids(content.data(), width, numbers.next());
    result.stored = {std::move(entry), ids, std::move(ends)};
    return begins_like(result, texts, vocabulary);
  };
  if (cached) {
    key = key_of(texts, fmt::format("ids {} {}", width, sha256(written(vocabulary))));
    if (from_cache()) return result;
    const bool put = cache_.put(key, "ids", [&](const Take& append) {
      const Totals totals = encode_into(texts, vocabulary, append);
      const std::int64_t tokens = totals.ends.back();
      std::string tail(static_cast<std::size_t>((8 - tokens * width % 8) % 8), '\0');
      for (const std::int64_t end : totals.ends) append_numbers(tail, {end});
      append_numbers(tail, {totals.unknown, totals.characters, tokens});
      append(tail);
    });
    if (put && from_cache()) return result;
  }
  const auto bytes = std::make_shared<std::string>();
  Totals totals = encode_into(texts, vocabulary, [&](std::string_view part) { *bytes += part; });
  const TokenSpan ids(bytes->data(), width, totals.ends.back());
  result.stored = {bytes, ids, std::move(totals.ends)};
  result.unknown = totals.unknown;
  result.characters = totals.characters;
  return result;
}

StreamEncoder::Totals StreamEncoder::encode_into(const Texts& texts, const Vocabulary& vocabulary,
                                                 const Take& take) const {
  std::vector<Piece> pieces;
  const auto* cutter = dynamic_cast<const PiecewiseTokenizer*>(&tokenizer_);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (cutter == nullptr)
      pieces.push_back({i, texts[i]});
    else
      for (const std::string_view bytes : cut_into_pieces({&texts[i], 1}, *cutter, kPiece))
        pieces.push_back({i, bytes});
  }
  Totals totals;
  totals.width = width_of_ids(vocabulary.size());
  totals.ends.assign(texts.size(), 0);
  std::vector<std::int64_t> tokens(texts.size(), 0);
  const std::size_t round = cutter == nullptr ? 1 : kRound * piece_shares();
  std::vector<EncodedPiece> encoded(round);
  for (std::size_t first = 0; first < pieces.size(); first += round) {
    const std::size_t count = std::min(round, pieces.size() - first);
    for_each_piece(count, [&](std::size_t, std::size_t index) {
      const std::string_view bytes = pieces[first + index].bytes;
      EncodedPiece& piece = encoded[index];
      const std::vector<TokenId> ids = tokenizer_.encode(bytes, vocabulary);
      piece.tokens = std::ssize(ids);
      piece.first = ids.empty() ? 0 : ids.front();
      piece.characters = code_points(bytes);
      piece.unknown = 0;
      if (const auto unknown = vocabulary.special().unknown)
        piece.unknown = std::count(ids.begin(), ids.end(), *unknown);
      if (totals.width == 1)
        narrow<std::uint8_t>(ids, piece.ids);
      else if (totals.width == 2)
        narrow<std::uint16_t>(ids, piece.ids);
      else
        narrow<TokenId>(ids, piece.ids);
      store_.release(bytes);
    });
    for (std::size_t index = 0; index < count; ++index) {
      const EncodedPiece& piece = encoded[index];
      std::int64_t& before = tokens[pieces[first + index].text];
      totals.unknown += piece.unknown;
      totals.characters += piece.characters;
      if (before == 0 && piece.tokens > 0)
        totals.characters -= code_points_of(piece.first, tokenizer_, vocabulary);
      before += piece.tokens;
      take(piece.ids);
    }
  }
  totals.characters = std::max<std::int64_t>(totals.characters, 0);
  std::int64_t end = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) totals.ends[i] = end += tokens[i];
  return totals;
}

/// Does the tokenizer say the same of the beginning? It also gets to know the vocabulary by that,
/// as some have to.
bool StreamEncoder::begins_like(const TokenTexts& found, const Texts& texts,
                                const Vocabulary& vocabulary) const {
  constexpr std::size_t kSample = 2048;
  const auto* cutter = dynamic_cast<const PiecewiseTokenizer*>(&tokenizer_);
  std::string_view sample;  // a part of a text says nothing where it cannot be cut
  if (cutter != nullptr)
    sample = texts.front().substr(
        0, cutter->cut_from(texts.front(), std::min(kSample, texts.front().size())));
  const TokenText ids = tokenizer_.encode(sample, vocabulary);
  const TokenSpan all = found.stored.text(0);
  return std::ssize(ids) <= all.size() && all.part(0, std::ssize(ids)).ids() == ids;
}

}  // namespace unroll
