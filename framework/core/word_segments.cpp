#include <unroll/core/word_segments.hpp>

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

#include <unroll/core/error.hpp>
#include <unroll/core/unicode.hpp>

namespace unroll::detail {
namespace {

/// Word_Break, as far as the short rules tell characters apart.
enum class Break : std::uint8_t {
  hard,       // needs ICU
  other,      // a segment by itself
  letter,     // ALetter
  number,     // Numeric
  connector,  // ExtendNumLet
  mid_letter,
  mid_number,
  mid_both,  // MidNumLet, Single_Quote
  extend,    // Extend, Format: belongs to what is before
  space,     // WSegSpace
  line,      // CR, LF, Newline
};

/// East of this is too much that needs dictionaries.
constexpr char32_t kEnd = 0x2E80;
using Table = std::array<Break, kEnd>;

/// What ICU does is the standard, and its versions differ: in some a colon joins letters.
class Probe {
 public:
  Probe() {
    UErrorCode status = U_ZERO_ERROR;
    breaks_.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status)) fail(Failure::data, "ICU cannot find words: {}", u_errorName(status));
  }
  /// Are these one segment?
  bool joined(std::initializer_list<char32_t> points) {
    icu::UnicodeString text;
    for (const char32_t point : points) text.append(static_cast<UChar32>(point));
    breaks_->setText(text);
    return breaks_->next() == text.length();
  }

 private:
  std::unique_ptr<icu::BreakIterator> breaks_;
};

Break between(bool letters, bool numbers) {
  if (letters) return numbers ? Break::mid_both : Break::mid_letter;
  return numbers ? Break::mid_number : Break::other;
}

bool needs_dictionary(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_HANGUL:
      return true;
    default:
      return u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT;
  }
}

Break class_of(char32_t point, Probe& probe) {
  const auto c = static_cast<UChar32>(point);
  if (needs_dictionary(c)) return Break::hard;
  switch (u_getIntPropertyValue(c, UCHAR_WORD_BREAK)) {
    case U_WB_CR:
    case U_WB_LF:
    case U_WB_NEWLINE:
      return Break::line;
    case U_WB_WSEGSPACE:
      return Break::space;
    case U_WB_EXTEND:
    case U_WB_FORMAT:
      return Break::extend;
    case U_WB_ALETTER:
      return Break::letter;
    case U_WB_NUMERIC:
      return Break::number;
    case U_WB_EXTENDNUMLET:
      return Break::connector;
    case U_WB_MIDLETTER:
    case U_WB_MIDNUM:
    case U_WB_MIDNUMLET:
    case U_WB_SINGLE_QUOTE:
      return between(probe.joined({U'a', point, U'a'}), probe.joined({U'1', point, U'1'}));
    case U_WB_DOUBLE_QUOTE:
    case U_WB_OTHER:
      if (point < 0x80 && (probe.joined({U'a', point}) || probe.joined({U'a', point, U'a'})))
        return Break::hard;
      return Break::other;
    default:
      return Break::hard;
  }
}

const Table& table() {
  static const Table made = [] {
    Table all{};
    Probe probe;
    for (char32_t point = 0; point < kEnd; ++point) all[point] = class_of(point, probe);
    return all;
  }();
  return made;
}

/// Eight bytes of ASCII at once.
bool eight_ascii(const char* at) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  return (bytes & 0x8080808080808080U) == 0;
}

/// Reads classes one after another.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), table_(table()) {}

  bool done() const { return at_ == text_.size(); }
  std::size_t place() const { return at_; }
  /// The class of the next character, or hard at the end.
  Break peek() {
    if (done()) return Break::hard;
    ahead_ = at_;
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte < 0x80) {
      ++ahead_;
      return table_[byte];
    }
    const char32_t point = next_code_point(text_, ahead_);
    return point < kEnd ? table_[point] : Break::hard;
  }
  void pass() { at_ = ahead_; }
  void back_to(std::size_t place) { at_ = place; }
  void pass_all(Break kind) {
    while (peek() == kind) pass();
  }

 private:
  std::string_view text_;
  const Table& table_;
  std::size_t at_ = 0, ahead_ = 0;
};

/// Goes on to the end of the word that began with `last`: WB5 to WB13b, with WB4.
void pass_word(Reader& reader, Break last) {
  for (;;) {
    reader.pass_all(Break::extend);
    const std::size_t here = reader.place();
    const Break next = reader.peek();
    switch (next) {
      case Break::letter:
      case Break::number:
      case Break::connector:
        reader.pass();
        last = next;
        continue;
      case Break::mid_letter:
      case Break::mid_number:
      case Break::mid_both: {
        const bool may = last == Break::letter   ? next != Break::mid_number
                         : last == Break::number ? next != Break::mid_letter
                                                 : false;
        if (!may) return;
        reader.pass();
        reader.pass_all(Break::extend);
        if (reader.peek() != last) {
          reader.back_to(here);
          return;
        }
        reader.pass();
        continue;
      }
      default:
        return;
    }
  }
}

}  // namespace

bool is_plain(std::string_view text) {
  const Table& all = table();
  for (std::size_t at = 0; at < text.size();) {
    if (at + 8 <= text.size() && eight_ascii(text.data() + at)) {
      at += 8;
      continue;
    }
    const char32_t point = next_code_point(text, at);
    if (point >= kEnd || (point >= 0x80 && all[point] == Break::hard)) return false;
  }
  // The few of ASCII, if any, are looked for where the others have been found plain.
  static const bool ascii_is_plain = [&] {
    for (char32_t point = 0; point < 0x80; ++point)
      if (all[point] == Break::hard) return false;
    return true;
  }();
  if (ascii_is_plain) return true;
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x80 && all[static_cast<unsigned char>(c)] == Break::hard)
      return false;
  return true;
}

void plain_segments(std::string_view text, void (*take)(void*, std::string_view), void* context) {
  for (Reader reader(text); !reader.done();) {
    const std::size_t begin = reader.place();
    const Break first = reader.peek();
    reader.pass();
    switch (first) {
      case Break::line:
        if (text[begin] == '\r' && !reader.done() && text[begin + 1] == '\n') {
          reader.peek();
          reader.pass();
        }
        break;
      case Break::space:
        reader.pass_all(Break::space);
        reader.pass_all(Break::extend);
        break;
      case Break::letter:
      case Break::number:
      case Break::connector:
        pass_word(reader, first);
        break;
      default:
        reader.pass_all(Break::extend);
        break;
    }
    take(context, text.substr(begin, reader.place() - begin));
  }
}

}  // namespace unroll::detail
