#include <unroll/core/unicode.hpp>

#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>

#include <array>
#include <memory>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/core/word_segments.hpp>

namespace unroll {
namespace {

void check(UErrorCode status, const char* what) {
  if (U_FAILURE(status)) fail(Failure::data, "ICU cannot {}: {}", what, u_errorName(status));
}

std::unique_ptr<icu::BreakIterator> make_breaks(Segment kind) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale& root = icu::Locale::getRoot();
  std::unique_ptr<icu::BreakIterator> breaks(
      kind == Segment::grapheme ? icu::BreakIterator::createCharacterInstance(root, status)
                                : icu::BreakIterator::createWordInstance(root, status));
  check(status, kind == Segment::grapheme ? "find graphemes" : "find words");
  return breaks;
}

// ICU counts in 32 bits; no segment but a line break goes on behind a line feed.
std::size_t block_length(std::string_view text) {
  constexpr std::size_t kBlock = std::size_t{1} << 30;
  if (text.size() <= kBlock) return text.size();
  const std::size_t line_feed = text.rfind('\n', kBlock);
  if (line_feed == std::string_view::npos)
    fail(Failure::data, "a line of more than {} bytes", kBlock);
  return line_feed + 1;
}

bool east_asian(char32_t point) {
  if ((point >= 0x3000 && point <= 0x30FF) || (point >= 0xFF00 && point <= 0xFF9F)) return true;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(point), &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
      return true;
    default:
      return false;
  }
}

}  // namespace

namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Every character, and a line break of two as one.
void ascii_graphemes(std::string_view text, void (*take)(void*, std::string_view), void* context) {
  for (std::size_t at = 0, length = 0; at < text.size(); at += length) {
    length = text.substr(at).starts_with("\r\n") ? 2 : 1;
    take(context, text.substr(at, length));
  }
}

/// The segments as ICU finds them.
class IcuSegments {
 public:
  explicit IcuSegments(Segment kind) : kind_(kind) {}

  void find(std::string_view text, void (*take)(void*, std::string_view), void* context) {
    if (!breaks_ && !text.empty()) breaks_ = make_breaks(kind_);
    while (!text.empty()) {
      const std::string_view block = text.substr(0, block_length(text));
      UErrorCode status = U_ZERO_ERROR;
      const std::unique_ptr<UText, UText* (*)(UText*)> opened(
          utext_openUTF8(nullptr, block.data(), static_cast<int64_t>(block.size()), &status),
          &utext_close);
      if (U_SUCCESS(status)) breaks_->setText(opened.get(), status);
      check(status, "read a text");
      std::size_t begin = 0;
      for (int32_t end = breaks_->next(); end != icu::BreakIterator::DONE; end = breaks_->next()) {
        take(context, block.substr(begin, static_cast<std::size_t>(end) - begin));
        begin = static_cast<std::size_t>(end);
      }
      text.remove_prefix(block.size());
    }
  }

 private:
  Segment kind_;
  std::unique_ptr<icu::BreakIterator> breaks_;
};

}  // namespace

namespace detail {

// No segment goes on behind a line feed, so that lines of both sorts may alternate.
void segments(std::string_view text, Segment kind, void (*take)(void*, std::string_view),
              void* context) {
  IcuSegments icu(kind);
  std::string_view hard;  // lines for ICU, so far
  while (!text.empty()) {
    const std::size_t line_feed = text.find('\n');
    const std::string_view line = text.substr(0, std::min(line_feed, text.size() - 1) + 1);
    text.remove_prefix(line.size());
    if (kind == Segment::grapheme ? !is_ascii(line) : !is_plain(line)) {
      hard = hard.empty() ? line : std::string_view(hard.data(), hard.size() + line.size());
      continue;
    }
    icu.find(std::exchange(hard, {}), take, context);
    if (kind == Segment::grapheme)
      ascii_graphemes(line, take, context);
    else
      plain_segments(line, take, context);
  }
  icu.find(hard, take, context);
}

}  // namespace detail

std::string fold_case(std::string_view text) {
  std::string folded;
  icu::StringByteSink<std::string> sink(&folded, static_cast<int32_t>(block_length(text)));
  for (; !text.empty();) {
    const std::size_t length = block_length(text);
    UErrorCode status = U_ZERO_ERROR;
    icu::CaseMap::utf8Fold(0, {text.data(), static_cast<int32_t>(length)}, sink, nullptr, status);
    check(status, "fold case");
    text.remove_prefix(length);
  }
  return folded;
}

std::string normalise(std::string_view text, NormalForm form) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normaliser = form == NormalForm::nfc
                                           ? icu::Normalizer2::getNFCInstance(status)
                                           : icu::Normalizer2::getNFKCInstance(status);
  std::string normal;
  icu::StringByteSink<std::string> sink(&normal, static_cast<int32_t>(block_length(text)));
  for (; !text.empty() && U_SUCCESS(status);) {
    const std::size_t length = block_length(text);
    normaliser->normalizeUTF8(0, {text.data(), static_cast<int32_t>(length)}, sink, nullptr,
                              status);
    text.remove_prefix(length);
  }
  check(status, "normalise a text");
  return normal;
}

namespace {

CharacterKind look_up_kind(char32_t point) noexcept {
  const auto c = static_cast<UChar32>(point);
  const int8_t category = u_charType(c);
  if (u_isUWhiteSpace(c)) {
    const bool ends_line = (c >= 0x0A && c <= 0x0D) || c == 0x85 || c == 0x2028 || c == 0x2029;
    return ends_line ? CharacterKind::line_break : CharacterKind::space;
  }
  if (category == U_LOWERCASE_LETTER || category == U_UPPERCASE_LETTER)
    return CharacterKind::letter;
  if (category != U_DECIMAL_DIGIT_NUMBER && east_asian(point))
    return u_isalpha(c) ? CharacterKind::ideograph : CharacterKind::wide_mark;
  if (u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT)
    return CharacterKind::unspaced;
  switch (category) {
    case U_TITLECASE_LETTER:
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
    case U_LETTER_NUMBER:
      return CharacterKind::letter;
    case U_DECIMAL_DIGIT_NUMBER:
      return CharacterKind::digit;
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_COMBINING_SPACING_MARK:
      return CharacterKind::mark;
    case U_START_PUNCTUATION:
    case U_INITIAL_PUNCTUATION:
      return CharacterKind::opening;
    case U_END_PUNCTUATION:
    case U_FINAL_PUNCTUATION:
      return CharacterKind::closing;
    case U_DASH_PUNCTUATION:
      return CharacterKind::dash;
    case U_CONNECTOR_PUNCTUATION:
      return CharacterKind::connector;
    case U_OTHER_PUNCTUATION:
      return CharacterKind::punctuation;
    case U_CURRENCY_SYMBOL:
      return CharacterKind::currency;
    default:
      return CharacterKind::symbol;
  }
}

/// Kinds of the scripts whose texts are long, looked up once.
constexpr char32_t kTableEnd = 0x3000;

}  // namespace

CharacterKind kind_of(char32_t point) noexcept {
  static const std::array<CharacterKind, kTableEnd> table = [] {
    std::array<CharacterKind, kTableEnd> made{};
    for (char32_t at = 0; at < kTableEnd; ++at) made[at] = look_up_kind(at);
    return made;
  }();
  return point < kTableEnd ? table[point] : look_up_kind(point);
}

}  // namespace unroll
