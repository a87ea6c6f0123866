// Long texts cut into pieces, so that they can be read by several threads and never all at once.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace unroll {

/// What a Tokenizer may be beside: one whose tokens depend on nothing that is far away. The
/// framework then encodes a long text piece by piece, several at once, and keeps the ids alone;
/// any other tokenizer gets it whole.
class PiecewiseTokenizer {
 public:
  virtual ~PiecewiseTokenizer();

  /// The first place at or after `at` where a text may be cut, so that the tokens of both parts one
  /// after another are those of the whole; the text's size if there is none. Must not depend on
  /// what is known of a vocabulary. May be called from several threads.
  virtual std::size_t cut_from(std::string_view text, std::size_t at) const = 0;
};

/// The first byte at or after `at` where a code point begins.
std::size_t code_point_from(std::string_view text, std::size_t at) noexcept;
/// The first line at or after `at` that begins with a letter or a digit: nothing that is said of
/// words, graphemes or normal forms reaches across.
std::size_t line_from(std::string_view text, std::size_t at) noexcept;

/// Texts cut by a tokenizer into pieces of about so many bytes, in order.
std::vector<std::string_view> cut_into_pieces(std::span<const std::string_view> texts,
                                              const PiecewiseTokenizer& tokenizer,
                                              std::size_t bytes);

/// How many shares `for_each_piece` has: the threads of the engine.
std::size_t piece_shares();

/// Calls take(share, index) for pieces 0 … count-1. The shares run side by side, each its pieces in
/// order: share s has s, s + shares, …. What a piece throws is thrown here, of several the first
/// piece's.
void for_each_piece(std::size_t count,
                    const std::function<void(std::size_t share, std::size_t index)>& take);

/// For `Tokenizer::learn`: what each share found in its pieces, `read(found, piece)` having been
/// called for all of them. Which share a piece fell to depends on the number of threads, so that
/// what is made of the shares together must not.
template <typename Found, typename Read>
std::vector<Found> read_pieces(std::span<const std::string_view> texts,
                               const PiecewiseTokenizer& tokenizer, const Found& nothing,
                               Read&& read) {
  constexpr std::size_t kBytes = std::size_t{1} << 18;
  const std::vector<std::string_view> pieces = cut_into_pieces(texts, tokenizer, kBytes);
  std::vector<Found> shares(piece_shares(), nothing);
  for_each_piece(pieces.size(),
                 [&](std::size_t share, std::size_t index) { read(shares[share], pieces[index]); });
  return shares;
}

}  // namespace unroll
