#include <unroll/core/words.hpp>

#include <algorithm>

#include <unroll/core/unicode.hpp>

namespace unroll {
namespace {

char32_t first_point(std::string_view text) {
  std::size_t at = 0;
  return next_code_point(text, at);
}

char32_t last_point(std::string_view text) {
  std::size_t at = text.empty() ? 0 : text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return next_code_point(text, at);
}

bool is_mark(CharacterKind kind) {
  switch (kind) {
    case CharacterKind::letter:
    case CharacterKind::ideograph:
    case CharacterKind::unspaced:
    case CharacterKind::digit:
    case CharacterKind::mark:
      return false;
    default:
      return true;
  }
}

/// On which sides of a token a space is usual.
struct Sides {
  bool left = true, right = true;
  friend bool operator==(Sides, Sides) = default;
};

Sides usual_sides(char32_t point) {
  switch (kind_of(point)) {
    case CharacterKind::opening:
    case CharacterKind::currency:
      return {true, false};
    case CharacterKind::closing:
    case CharacterKind::connector:
    case CharacterKind::mark:
      return {false, true};
    case CharacterKind::dash:
    case CharacterKind::ideograph:
    case CharacterKind::wide_mark:
      return {false, false};
    case CharacterKind::punctuation:
      switch (point) {
        case U'¿':
        case U'¡':
        case U'#':
          return {true, false};
        case U'&':
        case U'*':
        case U'§':
        case U'¶':
        case U'•':
        case U'†':
        case U'‡':
          return {true, true};
        case U'/':
        case U'\\':
        case U'@':
          return {false, false};
        default:
          return {false, true};
      }
    default:
      return {true, true};
  }
}

/// The same of a token, which may be spelt with its spaces.
Sides sides_of(std::string_view token) {
  if (token.front() == ' ' || token.back() == ' ')
    return {token.front() == ' ', token.back() == ' '};
  return {usual_sides(first_point(token)).left, usual_sides(last_point(token)).right};
}

/// What stands beside a part of the text. Neither the end of a line or of the text nor a neighbour
/// that wants no space there (`open`) says anything about this part itself.
enum class Gap { none, space, open };

/// A part of the text that becomes a token; a line break has its own.
struct Piece {
  std::string_view text;
  Gap before;
};

/// Is `next` one more of the mark that `last` is made of?
bool goes_on(std::string_view last, std::string_view next) {
  if (!last.ends_with(next) || next == "\"" || next == "'") return false;
  switch (kind_of(first_point(next))) {
    case CharacterKind::punctuation:
    case CharacterKind::wide_mark:
    case CharacterKind::dash:
      return true;
    default:
      return false;
  }
}

/// The sides on which a mark between its neighbours is spelt with spaces; none where they stand as
/// usual.
Sides spelt_sides(std::string_view mark, Gap before, Gap after) {
  const Sides usual = sides_of(mark);
  Sides sides{before == Gap::open ? usual.left : before == Gap::space,
              after == Gap::open ? usual.right : after == Gap::space};
  if (sides == usual) return {false, false};
  // A dash has spaces on both sides or on none, a bracket or a comma on one.
  const bool alike = usual.left == usual.right;
  if (before == Gap::open) sides.left = alike == sides.right;
  if (after == Gap::open) sides.right = alike == sides.left;
  return sides;
}

/// Cuts a text. A piece is known once the next one begins, and its spelling by what that is.
class WordCutter {
 public:
  WordCutter(LineBreaks line_breaks, void (*take)(void*, std::string_view), void* context)
      : line_breaks_(line_breaks), take_(take), context_(context) {}

  void add_segment(std::string_view part) {
    while (!part.empty()) {  // a combining mark may follow spaces in one segment
      std::size_t length = 0;
      const CharacterKind kind = kind_of(next_code_point(part, length));
      if (kind == CharacterKind::line_break) {
        if (part.starts_with("\r\n")) length = 2;
        end_line();
      } else if (kind == CharacterKind::space) {
        if (gap_ == Gap::none) gap_ = Gap::space;
      } else {
        break;
      }
      part.remove_prefix(length);
    }
    if (part.empty()) return;
    // The underscores around an _emphasised_ word are no part of it.
    if (part.front() != '_' && part.back() != '_') return add(part);
    const std::size_t begin = std::min(part.find_first_not_of('_'), part.size());
    const std::size_t end = std::max(part.find_last_not_of('_') + 1, begin);
    add(part.substr(0, begin));
    add(part.substr(begin, end - begin));
    add(part.substr(end));
  }

  void finish() { give(nullptr); }

 private:
  void end_line() {
    gap_ = Gap::open;
    ++breaks_;
    if (line_breaks_ == LineBreaks::token) begin({"\n", gap_});
    if (line_breaks_ == LineBreaks::paragraph && breaks_ == 2) begin({"\n\n", gap_});
  }

  void add(std::string_view part) {
    if (part.empty()) return;
    if (gap_ == Gap::none && goes_on(piece_.text, part))
      piece_.text = {piece_.text.data(), piece_.text.size() + part.size()};
    else
      begin({part, gap_});
    gap_ = Gap::none;
    breaks_ = 0;
  }

  void begin(Piece piece) {
    give(&piece);
    piece_ = piece;
  }

  /// Gives away the piece before `next`, which is null at the end of the text.
  void give(const Piece* next) {
    if (piece_.text.empty()) return;
    const std::string_view piece = piece_.text;
    const CharacterKind kind = kind_of(first_point(piece));
    if (!is_mark(kind) || kind == CharacterKind::line_break) return give(piece);
    Gap before = piece_.before, after = Gap::open;
    if (before == Gap::open && (piece == "\"" || piece == "'" || piece[0] == '_'))
      before = Gap::space;
    if (before == Gap::none && !sides_of(last_).right) before = Gap::open;
    if (next != nullptr) {
      after = next->before;
      if (after == Gap::none && !usual_sides(first_point(next->text)).left) after = Gap::open;
    }
    const Sides spaces = spelt_sides(piece, before, after);
    if (!spaces.left && !spaces.right) return give(piece);
    spelt_.clear();
    if (spaces.left) spelt_ += ' ';
    spelt_.append(piece);
    if (spaces.right) spelt_ += ' ';
    give(std::string_view(spelt_));
  }

  void give(std::string_view token) {
    last_ = token;
    take_(context_, token);
  }

  LineBreaks line_breaks_;
  void (*take_)(void*, std::string_view);
  void* context_;
  Piece piece_{{}, Gap::open};  ///< empty before the first
  Gap gap_ = Gap::open;         ///< before what comes
  int breaks_ = 0;
  std::string_view last_;  ///< token given
  std::string spelt_;      ///< its spelling where the text has another
};

}  // namespace

bool is_word(std::string_view token) noexcept {
  for (std::size_t at = 0; at < token.size();)
    if (!is_mark(kind_of(next_code_point(token, at)))) return true;
  return false;
}

std::string_view without_spaces(std::string_view token) noexcept {
  if (token.starts_with(' ')) token.remove_prefix(1);
  if (token.ends_with(' ')) token.remove_suffix(1);
  return token;
}

void detail::words(std::string_view text, LineBreaks line_breaks,
                   void (*take)(void*, std::string_view), void* context) {
  WordCutter cutter(line_breaks, take, context);
  for_each_segment(text, Segment::word,
                   [&](std::string_view segment) { cutter.add_segment(segment); });
  cutter.finish();
}

std::vector<std::string> cut_words(std::string_view text, LineBreaks line_breaks) {
  std::vector<std::string> tokens;
  for_each_word(text, line_breaks, [&](std::string_view token) { tokens.emplace_back(token); });
  return tokens;
}

std::string join_words(std::span<const std::string> tokens) {
  std::string text;
  bool space = false, unspaced = false;  // what the last token leaves
  for (const std::string& token : tokens) {
    if (token.empty()) continue;
    const std::string_view bare = without_spaces(token);
    const CharacterKind kind = kind_of(first_point(bare));
    const Sides sides = sides_of(token);
    const bool line_break = kind == CharacterKind::line_break;
    const bool both_unspaced = unspaced && kind == CharacterKind::unspaced;
    if (space && sides.left && !line_break && !both_unspaced) text += ' ';
    text += bare;
    space = sides.right && !line_break;
    unspaced = kind_of(last_point(bare)) == CharacterKind::unspaced;
  }
  return text;
}

}  // namespace unroll
