#include <unroll/model/text_pieces.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>

#include <unroll/core/unicode.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

bool begins_a_word(std::string_view text, std::size_t at) {
  switch (kind_of(next_code_point(text, at))) {
    case CharacterKind::letter:
    case CharacterKind::ideograph:
    case CharacterKind::unspaced:
    case CharacterKind::digit:
      return true;
    default:
      return false;
  }
}

/// A share's first failure.
struct Thrown {
  std::size_t index = 0;
  std::exception_ptr what;
};

}  // namespace

PiecewiseTokenizer::~PiecewiseTokenizer() = default;

std::size_t code_point_from(std::string_view text, std::size_t at) noexcept {
  at = std::min(at, text.size());
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

std::size_t line_from(std::string_view text, std::size_t at) noexcept {
  if (at == 0) return 0;
  for (std::size_t line = text.find('\n', at - 1); line < text.size(); line = text.find('\n', line))
    if (++line < text.size() && begins_a_word(text, line)) return line;
  return text.size();
}

std::vector<std::string_view> cut_into_pieces(std::span<const std::string_view> texts,
                                              const PiecewiseTokenizer& tokenizer,
                                              std::size_t bytes) {
  std::vector<std::string_view> pieces;
  for (std::string_view text : texts) {
    while (text.size() > bytes) {
      const std::size_t end = std::min(tokenizer.cut_from(text, bytes), text.size());
      pieces.push_back(text.substr(0, end));
      text.remove_prefix(end);
    }
    if (!text.empty()) pieces.push_back(text);
  }
  return pieces;
}

std::size_t piece_shares() {
  return static_cast<std::size_t>(std::max(Engine::get().threads(), 1));
}

void for_each_piece(std::size_t count,
                    const std::function<void(std::size_t share, std::size_t index)>& take) {
  const std::size_t shares = piece_shares();
  std::vector<Thrown> thrown(shares);
  parallel_for(static_cast<std::int64_t>(shares), [&](std::int64_t which) {
    const auto share = static_cast<std::size_t>(which);
    std::size_t index = share;
    try {
      for (; index < count; index += shares) take(share, index);
    } catch (...) {
      thrown[share] = {index, std::current_exception()};
    }
  });
  std::stable_sort(thrown.begin(), thrown.end(),
                   [](const Thrown& a, const Thrown& b) { return a.index < b.index; });
  for (const Thrown& one : thrown)
    if (one.what) std::rethrow_exception(one.what);
}

}  // namespace unroll
