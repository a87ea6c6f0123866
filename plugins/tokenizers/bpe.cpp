// Pieces of words by byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): beginning with
// characters, the most frequent pair of neighbours becomes a new piece, until there are `size`.
//
// The tokens of the vocabulary, in their order, are all that the encoding needs, so that a run file
// can be read without anything else: with byte fallback the 256 bytes <0x00> … <0xFF>, then the
// pieces in the order in which they were made, then the characters. A text is cut into chunks that
// no piece crosses: runs of letters, of digits, of line breaks or of other marks, each with the one
// space before it. In a chunk, of all pairs of neighbours that are a piece the one made first is
// joined, and of equal ones the leftmost, until there are none. Nothing is normalised: joining the
// tokens gives back every byte, where bytes fall back.
//
// Of equally frequent pairs the shorter, then the one of lower code points comes first. Nothing is
// drawn, and threads count alone: the same text gives the same pieces.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <unordered_map>

namespace {

using namespace unroll;

constexpr std::int64_t kBytes = 256;

std::string spelling(std::int64_t byte) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string text = "<0x00>";
  text[3] = kDigits[byte >> 4];
  text[4] = kDigits[byte & 15];
  return text;
}

/// The byte that a token spells, or nothing.
std::optional<char> byte_of(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x")) return std::nullopt;
  for (std::int64_t byte = 0; byte < kBytes; ++byte)
    if (token == spelling(byte)) return static_cast<char>(byte);
  return std::nullopt;
}

/// The tokens of one vocabulary, a token's id being its rank.
class Pieces {
 public:
  explicit Pieces(const Vocabulary& vocabulary)
      : tokens_(vocabulary.tokens()), unknown_(vocabulary.special().unknown) {
    const Vocabulary::Special& special = vocabulary.special();
    bytes_.fill(-1);
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      if (id == special.unknown || id == special.begin || id == special.end) continue;
      const std::string& token = tokens_[static_cast<std::size_t>(id)];
      if (const auto byte = byte_of(token))
        bytes_[static_cast<unsigned char>(*byte)] = id;
      else
        ids_.emplace(token, id);
    }
  }

  bool are_of(const Vocabulary& vocabulary) const { return tokens_ == vocabulary.tokens(); }

  std::optional<TokenId> find(std::string_view piece) const {
    const auto found = ids_.find(piece);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }

  /// Calls take(id, piece) for what a piece is in the end: itself, its bytes or unknown.
  template <typename Take>
  void give(std::string_view piece, Take& take) const {
    if (const auto id = find(piece)) {
      take(*id, piece);
    } else if (bytes_[0] < 0) {  // no byte fallback
      take(unknown_.value_or(-1), piece);
    } else {
      for (const char c : piece) {
        const TokenId byte = bytes_[static_cast<unsigned char>(c)];
        take(byte, std::string_view(tokens_[static_cast<std::size_t>(byte)]));
      }
    }
  }

 private:
  std::vector<std::string> tokens_;
  std::optional<TokenId> unknown_;
  std::unordered_map<std::string_view, TokenId> ids_;  ///< into tokens_
  std::array<TokenId, kBytes> bytes_{};
};

/// Cuts chunks, and remembers the ids of those that it met, as words come again. Of one thread at a
/// time.
class Cutter {
 public:
  explicit Cutter(std::shared_ptr<const Pieces> pieces) : pieces_(std::move(pieces)) {}

  const std::shared_ptr<const Pieces>& pieces() const { return pieces_; }

  /// Puts the ids of a chunk behind the others.
  void encode(std::string_view chunk, std::vector<TokenId>& ids) {
    constexpr std::size_t kLongest = 64, kMost = std::size_t{1} << 17;
    if (const auto known = known_.find(chunk); known != known_.end()) {
      const auto first = kept_.begin() + static_cast<std::ptrdiff_t>(known->second.first);
      ids.insert(ids.end(), first, first + static_cast<std::ptrdiff_t>(known->second.count));
      return;
    }
    const std::size_t before = ids.size();
    cut(chunk, [&](TokenId id, std::string_view piece) {
      if (id < 0) fail(Failure::data, "the vocabulary lacks '{}' and has no unknown token", piece);
      ids.push_back(id);
    });
    if (chunk.size() > kLongest || known_.size() == kMost) return;
    chunks_.emplace_back(chunk);
    known_.emplace(chunks_.back(), Known{kept_.size(), ids.size() - before});
    kept_.insert(kept_.end(), ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end());
  }

  /// Calls take(id, piece) for every token of a chunk, in order.
  template <typename Take>
  void cut(std::string_view chunk, Take take) {
    parts_.clear();
    for (std::size_t from = 0, to = 0; from < chunk.size(); from = to) {
      next_code_point(chunk, to);
      const int index = static_cast<int>(parts_.size());
      parts_.push_back({chunk.substr(from, to - from), index - 1, index + 1});
    }
    if (parts_.empty()) return;
    parts_.back().after = -1;
    for (int i = 0; i < static_cast<int>(parts_.size()); ++i) offer(i);
    while (!agenda_.empty()) {
      const Pair pair = agenda_.top();
      agenda_.pop();
      Part& left = part(pair.left);
      // Stale where one of the two has been joined with another since.
      if (left.piece.empty() || left.after < 0 ||
          left.piece.size() + part(left.after).piece.size() != pair.size)
        continue;
      Part& right = part(left.after);
      left.piece = std::string_view(left.piece.data(), pair.size);
      right.piece = {};
      left.after = right.after;
      if (right.after >= 0) part(right.after).before = pair.left;
      if (left.before >= 0) offer(left.before);
      offer(pair.left);
    }
    for (int i = 0; i >= 0; i = part(i).after) pieces_->give(part(i).piece, take);
  }

 private:
  struct Part {
    std::string_view piece;  ///< empty: it was joined to the one before
    int before, after;       ///< -1: none
  };
  struct Pair {
    TokenId rank;
    int left;
    std::size_t size;                          ///< of both, in bytes
    bool operator<(const Pair& other) const {  // the queue's top is the largest
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };
  /// Where the ids of a chunk stand in kept_.
  struct Known {
    std::size_t first, count;
  };

  Part& part(int index) { return parts_[static_cast<std::size_t>(index)]; }

  /// Puts the pair of this part and the next on the agenda if it is a piece.
  void offer(int left) {
    if (part(left).after < 0) return;
    const std::string_view first = part(left).piece, second = part(part(left).after).piece;
    const std::size_t size = first.size() + second.size();
    if (const auto id = pieces_->find(std::string_view(first.data(), size)))
      agenda_.push({*id, left, size});
  }

  std::shared_ptr<const Pieces> pieces_;
  std::vector<Part> parts_;
  std::priority_queue<Pair> agenda_;
  std::deque<std::string> chunks_;
  std::unordered_map<std::string_view, Known> known_;  ///< into chunks_
  std::vector<TokenId> kept_;
};

class Bpe final : public Tokenizer, public PiecewiseTokenizer {
 public:
  struct Options {
    std::int64_t size = 1000;
    double character_coverage = 1.0;
    bool byte_fallback = true;
    std::int64_t longest = 16;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("pieces of words, by byte-pair encoding (Sennrich et al. 2016)");
    schema
        .option(
            "size", &Options::size,
            "tokens, bytes and characters among them; more where these alone are more, fewer where "
            "the text has no more pairs")
        .range(2, 1000000);
    schema
        .option("character_coverage", &Options::character_coverage,
                "share of the text whose characters are pieces; the rest falls back or is unknown")
        .range(0.5, 1);
    schema.option("byte_fallback", &Options::byte_fallback,
                  "spells other characters by their bytes: nothing is unknown");
    schema.option("longest", &Options::longest, "characters of the longest piece").range(1, 512);
  }
  explicit Bpe(const Options& options) : options_(options) {}

  bool lossless() const override { return options_.byte_fallback; }

  /// By the vocabulary that was learnt or used last; before there is one, characters.
  std::vector<std::string> cut(std::string_view text) const override {
    std::shared_ptr<const Pieces> pieces = last_used();
    if (!pieces) pieces = std::make_shared<Pieces>(Vocabulary::with_special({}, {}));
    Cutter cutter(std::move(pieces));
    std::vector<std::string> tokens;
    for_each_chunk(text, [&](std::string_view chunk) {
      cutter.cut(chunk, [&](TokenId, std::string_view piece) { tokens.emplace_back(piece); });
    });
    return tokens;
  }

  /// Where a line begins with a word, a chunk does.
  std::size_t cut_from(std::string_view text, std::size_t at) const override {
    return line_from(text, at);
  }

  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) {
      if (const auto byte = options_.byte_fallback ? byte_of(token) : std::nullopt)
        text += *byte;
      else
        text += token;
    }
    return text;
  }

  std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const override {
    std::unique_ptr<Cutter> cutter = borrow(vocabulary);
    std::vector<TokenId> ids;
    for_each_chunk(text, [&](std::string_view chunk) { cutter->encode(chunk, ids); });
    give_back(std::move(cutter));
    return ids;
  }

  Vocabulary learn(std::span<const std::string_view> texts, SpecialTokens wanted) const override {
    BytePairs learner(options_.longest, options_.character_coverage);
    const TokenCounts counts = sum_of(
        read_pieces(texts, *this, TokenCounts(), [](TokenCounts& into, std::string_view piece) {
          for_each_chunk(piece, [&](std::string_view chunk) { into.add(chunk); });
        }));
    for (const TokenCounts::Entry& chunk : counts.entries())
      learner.read_chunk(chunk.token, chunk.count);
    learner.begin();
    const std::int64_t bytes = options_.byte_fallback ? kBytes : 0;
    learner.make(std::max<std::int64_t>(0, options_.size - bytes - learner.characters()));
    std::vector<std::string> tokens;
    for (std::int64_t byte = 0; byte < bytes; ++byte) tokens.push_back(spelling(byte));
    const std::vector<std::string>& pieces = learner.pieces();
    const auto first = pieces.begin() + learner.characters();
    const auto take = [&](const std::string& piece) {
      if (!byte_of(piece)) tokens.push_back(piece);  // no text that is spelt like a byte
    };
    std::for_each(first, pieces.end(), take);
    std::for_each(pieces.begin(), first, take);
    Vocabulary vocabulary = Vocabulary::with_special(std::move(tokens), wanted);
    give_back(borrow(vocabulary));
    return vocabulary;
  }

 private:
  std::shared_ptr<const Pieces> last_used() const {
    const std::lock_guard lock(mutex_);
    return pieces_;
  }

  /// A cutter by this vocabulary, with what it remembers.
  std::unique_ptr<Cutter> borrow(const Vocabulary& vocabulary) const {
    const std::lock_guard lock(mutex_);
    if (!pieces_ || !pieces_->are_of(vocabulary)) {
      idle_.clear();
      pieces_ = std::make_shared<Pieces>(vocabulary);
    }
    if (idle_.empty()) return std::make_unique<Cutter>(pieces_);
    std::unique_ptr<Cutter> cutter = std::move(idle_.back());
    idle_.pop_back();
    return cutter;
  }

  void give_back(std::unique_ptr<Cutter> cutter) const {
    const std::lock_guard lock(mutex_);
    if (cutter->pieces() == pieces_) idle_.push_back(std::move(cutter));
  }

  Options options_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Pieces> pieces_;  ///< of the vocabulary used last
  mutable std::vector<std::unique_ptr<Cutter>> idle_;
};

}  // namespace

UNROLL_PLUGIN(tokenizer, "bpe", "1.0.0", Bpe)
