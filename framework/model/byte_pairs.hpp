// Byte pairs: which pieces of words a text is made of. What the tokenizer `bpe` learns.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace unroll {

namespace detail {
void chunks(std::string_view text, void (*take)(void*, std::string_view), void* context);
}

/// Calls `take(std::string_view)` for every chunk of a text, in order; together they are the text.
/// A chunk is a run of letters, of digits, of line breaks or of other marks with the one space
/// before it, or a run of spaces.
template <typename Function>
void for_each_chunk(std::string_view text, Function&& take) {
  using Plain = std::remove_reference_t<Function>;
  detail::chunks(
      text, [](void* context, std::string_view chunk) { (*static_cast<Plain*>(context))(chunk); },
      const_cast<void*>(static_cast<const void*>(&take)));
}

/// Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): beginning with characters, the most
/// frequent pair of neighbours within chunks becomes a piece, again and again. Of equally frequent
/// pairs the shorter, then the one of lower code points comes first.
class BytePairs {
 public:
  /// No piece is longer than `longest` characters; characters are those that together are this
  /// share (0 to 1) of the text, the most frequent ones.
  BytePairs(std::int64_t longest, double coverage) : longest_(longest), coverage_(coverage) {}

  /// Counts a text's chunks. Call for every text, then `begin`, then `make`, each once.
  void read(std::string_view text);
  /// The same of a chunk that was seen so many times.
  void read_chunk(std::string_view chunk, std::int64_t times);
  /// Finds the characters, which are in `pieces` first, in the order of their code points.
  void begin();
  std::int64_t characters() const noexcept { return characters_; }
  /// Makes so many pieces more, or fewer where there are no more pairs.
  void make(std::int64_t count);
  /// The text of each piece, in the order in which they were made; all different.
  const std::vector<std::string>& pieces() const noexcept { return pieces_; }

 private:
  using Pair = std::pair<int, int>;
  struct Word {
    std::vector<int> pieces;  ///< -1: a character that is none
    std::int64_t count;
  };
  struct Neighbours {
    std::int64_t count = 0;
    std::set<std::size_t> words;  ///< where they are, or were
  };
  /// The order in which pairs are joined.
  struct Ranked {
    std::int64_t count, length;  ///< in characters
    std::string text;
    Pair pair;
    bool operator<(const Ranked& other) const;
  };

  void count_characters();
  int find_or_make(const std::string& text, std::int64_t length);
  std::int64_t length(Pair pair) const;
  Ranked rank(Pair pair, std::int64_t count) const;
  /// Counts a pair of a word `times` more, or less.
  void add(Pair pair, std::int64_t times, std::size_t word);
  void merge(Pair pair, int into);

  std::int64_t longest_;
  double coverage_;
  std::map<std::string, std::int64_t, std::less<>> chunks_;
  std::vector<std::string> pieces_;
  std::vector<std::int64_t> lengths_;         ///< of the pieces, in characters
  std::unordered_map<std::string, int> ids_;  ///< places in pieces_
  std::int64_t characters_ = 0;
  std::vector<Word> words_;
  std::map<Pair, Neighbours> pairs_;
  std::set<Ranked> ranked_;
};

}  // namespace unroll
