#include <unroll/analysis/text_features.hpp>

#include <array>
#include <cstdint>
#include <string_view>

#include <unroll/core/unicode.hpp>

namespace unroll {
namespace {

enum Feature : std::size_t {
  in_quotes,
  in_brackets,
  in_tag,
  place_in_line,
  place_in_word,
  place_in_sentence,
  place_in_paragraph,
  place_in_text,
  indentation,
  space,
  line_break,
  capital,
  in_capitals,
  vowel,
  digit,
  punctuation,
  kFeatures
};

struct Character {
  char32_t point;
  CharacterKind kind;
  bool capital;
};

bool is_capital(std::string_view character, char32_t point) {
  if (point < 0x80) return point >= 'A' && point <= 'Z';
  return point != U'ß' && fold_case(character) != character;
}

bool is_word_character(const Character& c) {
  return c.kind == CharacterKind::letter || c.kind == CharacterKind::ideograph ||
         c.kind == CharacterKind::unspaced || c.kind == CharacterKind::mark ||
         c.kind == CharacterKind::digit;
}

bool is_space(const Character& c) {
  return c.kind == CharacterKind::space || c.kind == CharacterKind::line_break;
}

bool is_vowel(char32_t point) {
  return point < 0x80 &&
         std::string_view("aeiouAEIOU").find(static_cast<char>(point)) != std::string_view::npos;
}

bool is_punctuation(CharacterKind kind) {
  return kind == CharacterKind::opening || kind == CharacterKind::closing ||
         kind == CharacterKind::dash || kind == CharacterKind::punctuation ||
         kind == CharacterKind::wide_mark;
}

/// Reads characters one after another and knows where it is.
class Reader {
 public:
  /// `next` is what follows, a line break at the end.
  void read(const Character& before, const Character& now, const Character& next) {
    quotation(before, now, next);
    switch (now.point) {
      case U'(':
      case U'[':
      case U'{':
        ++brackets_;
        break;
      case U')':
      case U']':
      case U'}':
        brackets_ = brackets_ > 0 ? brackets_ - 1 : 0;
        break;
      case U'<':
        tag_ = next.point == U'/' || next.kind == CharacterKind::letter;
        break;
      case U'>':
        tag_ = false;
        break;
      default:
        break;
    }
    ++text_;
    ++sentence_;
    ++paragraph_;
    word_ = is_word_character(now) ? word_ + 1 : 0;
    in_capitals_ = now.capital && (before.capital || in_capitals_);
    if (now.kind == CharacterKind::line_break) {
      if (line_ == indentation_) begin_paragraph();
      line_ = indentation_ = 0;
    } else {
      if (is_space(now) && line_ == indentation_) ++indentation_;
      ++line_;
    }
    if (now.point == U'.' || now.point == U'!' || now.point == U'?' || now.point == U'。' ||
        now.point == U'।')
      sentence_ = 0;
  }

  void note(std::array<float, kFeatures>& into) const {
    into[in_quotes] = doubled_ || single_ ? 1 : 0;
    into[in_brackets] = brackets_ > 0 ? 1 : 0;
    into[in_tag] = tag_ ? 1 : 0;
    into[place_in_line] = static_cast<float>(line_);
    into[place_in_word] = static_cast<float>(word_);
    into[place_in_sentence] = static_cast<float>(sentence_);
    into[place_in_paragraph] = static_cast<float>(paragraph_);
    into[place_in_text] = static_cast<float>(text_);
    into[indentation] = static_cast<float>(indentation_);
    into[in_capitals] = in_capitals_ ? 1 : 0;
  }

 private:
  void begin_paragraph() {
    sentence_ = paragraph_ = 0;
    doubled_ = single_ = false;  // one that was never closed ends here
    brackets_ = 0;
  }

  void quotation(const Character& before, const Character& now, const Character& next) {
    switch (now.point) {
      case U'"':
        doubled_ = !doubled_;
        break;
      case U'“':
      case U'„':
      case U'«':
        doubled_ = true;
        break;
      case U'”':
      case U'»':
        doubled_ = false;
        break;
      case U'\'':
      case U'‘':
      case U'’':
        if (!single_ && !is_word_character(before) && !is_space(next) && now.point != U'’')
          single_ = true;
        else if (!is_word_character(next) && !is_space(before))
          single_ = false;
        break;
      default:
        break;
    }
  }

  bool doubled_ = false, single_ = false, tag_ = false, in_capitals_ = false;
  std::int64_t brackets_ = 0, line_ = 0, word_ = 0, sentence_ = 0, paragraph_ = 0, text_ = 0;
  std::int64_t indentation_ = 0;
};

constexpr Character kOutside{U'\n', CharacterKind::line_break, false};

}  // namespace

const std::vector<std::string>& text_feature_names() {
  static const std::vector<std::string> names = {"inside quotation marks",
                                                 "inside brackets",
                                                 "inside a tag",
                                                 "place in line",
                                                 "place in word",
                                                 "place in sentence",
                                                 "place in paragraph",
                                                 "place in text",
                                                 "indentation of line",
                                                 "a space",
                                                 "a line break",
                                                 "a capital letter",
                                                 "a word in capitals",
                                                 "a vowel",
                                                 "a digit",
                                                 "punctuation"};
  return names;
}

std::vector<float> text_features(std::span<const std::string> pieces) {
  std::vector<Character> characters;
  std::vector<std::size_t> ends;  // of each token, in characters
  for (const std::string& piece : pieces) {
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t begin = at;
      const char32_t point = next_code_point(piece, at);
      characters.push_back({point, kind_of(point),
                            is_capital(std::string_view(piece).substr(begin, at - begin), point)});
    }
    ends.push_back(characters.size());
  }
  std::vector<float> found;
  found.reserve(pieces.size() * kFeatures);
  Reader reader;
  std::size_t at = 0;
  for (const std::size_t end : ends) {
    std::array<float, kFeatures> row{};
    for (; at < end; ++at) {
      const Character& now = characters[at];
      reader.read(at > 0 ? characters[at - 1] : kOutside, now,
                  at + 1 < characters.size() ? characters[at + 1] : kOutside);
      if (is_space(now)) row[space] = 1;
      if (now.kind == CharacterKind::line_break) row[line_break] = 1;
      if (now.capital) row[capital] = 1;
      if (is_vowel(now.point)) row[vowel] = 1;
      if (now.kind == CharacterKind::digit) row[digit] = 1;
      if (is_punctuation(now.kind)) row[punctuation] = 1;
    }
    reader.note(row);
    found.insert(found.end(), row.begin(), row.end());
  }
  return found;
}

}  // namespace unroll
