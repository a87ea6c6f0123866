#include "hard_texts.hpp"

#include <string_view>

namespace unroll::conformance {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

const std::vector<HardText>& hard_texts() {
  using namespace std::string_literals;
  static const std::vector<HardText> all{
      {"the empty text", ""},
      {"one letter", "a"},
      {"spaces alone", "   "},
      {"spaces at both ends", " a b "},
      {"spaces of other kinds", "a\u00A0b\u2003c\u3000d\u200Be"},
      {"tabs and line breaks", "a\tb\nc\r\nd\n\n\ne\n"},
      {"a line separator", "a\u2028b\u2029c"},
      {"quotations",
       "\"Don't,\" she said - 'it's 3.14' (or so)... \u201CYes\u201D \u00ABnon\u00BB"},
      {"marks in a row", "?!?!...---;;;(((\u2026)))"},
      {"numbers", "10:30 1,234.5 -7e3 0x1F 50% \u0967\u0968\u0969 \u00BD"},
      {"an address", "https://example.org/a?b=c&d=%20#e, me@example.org"},
      {"Latin, composed (NFC)", "Caf\u00E9 na\u00EFve \u00C5ngstr\u00F6m"},
      {"Latin, decomposed (NFD)", "Cafe\u0301 nai\u0308ve A\u030Angstro\u0308m"},
      {"many combining marks", "Z\u0351\u036B\u0343\u036A\u0302\u036B a\u0328\u0301"},
      {"a combining mark alone", "\u0301"},
      {"ligatures and full width", "\uFB01\uFB02 \uFF21\uFF22\uFF23 \u2460"},
      {"case that changes length", "Stra\u00DFe \u0130stanbul \u01C5 \u1E9E"},
      {"Greek with accents",
       "\u1F08\u03C1\u03C7\u1F74 \u03C4\u1FC6\u03C2 \u03C3\u03BF\u03C6\u03AF\u03B1\u03C2"},
      {"Cyrillic", "\u0421\u044A\u0435\u0448\u044C \u0435\u0449\u0451"},
      {"Hebrew with points, right to left",
       "\u05E9\u05B8\u05C1\u05DC\u05D5\u05B9\u05DD (abc) \u05E2\u05D5\u05DC\u05DD!"},
      {"Arabic, right to left, with marks",
       "\u0627\u0644\u0633\u064E\u0651\u0644\u0627\u0645 \u0639\u064E\u0644\u064E\u064A\u0652"
       "\u0643\u064F\u0645\u061F \u0663\u0664"},
      {"direction controls", "a\u202Eb\u202Cc\u200F\u200Ed"},
      {"Devanagari clusters",
       "\u0915\u094D\u0937\u0924\u094D\u0930\u093F\u092F "
       "\u0939\u093F\u0928\u094D\u0926\u0940\u0964 "
       "\u0930\u094D\u0915\u094D\u200D\u0937\u0964"},
      {"Tamil and Bengali",
       "\u0BA8\u0BBF \u0B95\u0BCD\u0BB7\u0BC7 \u09AC\u09BE\u0982\u09B2\u09BE \u0995\u09CD\u09B7"},
      {"Thai, without spaces",
       "\u0E01\u0E34\u0E19\u0E02\u0E49\u0E32\u0E27\u0E41\u0E25\u0E49\u0E27"},
      {"Chinese and Japanese",
       "\u4ECA\u65E5\u306F\u300C\u6771\u4EAC\u300D\u3078\u884C\u304D\u307E\u3059\u3002\u7E41"
       "\u9AD4"},
      {"Korean, as syllables and as letters", "\uD55C\uAD6D\uC5B4 \u1112\u1161\u11AB"},
      {"an emoji", "\U0001F600"},
      {"a family, joined", "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466"},
      {"skin tones and variants", "\U0001F44D\U0001F3FD \u2764\uFE0F \u2764\uFE0E"},
      {"flags", "\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7\U0001F1EE"},
      {"a flag of tags", "\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"},
      {"a keycap", "1\uFE0F\u20E3"},
      {"mathematical letters", "\U0001D49C\U0001D7D9 \u2211\u222B\u221A"},
      {"a byte order mark inside", "a\uFEFFb"},
      {"NUL and other controls", "a\0b\x01\x1B[31m\x7F"s},
      {"private use and noncharacters", "\uE000\uFFFE\uFFFF\U0010FFFF"},
      {"the replacement character", "a\uFFFDb"},
      {"a meta symbol of SentencePiece", "a\u2581b \u2581 c"},
      {"words of a tokenizer's own", "<unk> <bos> <eos> <s> </s> <pad> [UNK] ##ing"},
      {"one long word", repeated("ab", 2000)},
      {"a very long text", repeated("Die K\u00FChe, they said, \u4ECA\u65E5 \U0001F600.\n", 4000)}};
  return all;
}

const std::vector<std::string>& learnt_texts() {
  static const std::vector<std::string> all{
      "The old sailor met my aunt at the harbour, and nobody saw the cat.\n"
      "\"A dog,\" said the cat, \"is a dog is a dog.\"\n\nNobody forgot the old sailor.\n",
      "Cafe\u0301, Caf\u00E9 und Stra\u00DFe; der Hund sah die Katze, die Katze sah den Hund.\n",
      "\u0939\u093F\u0928\u094D\u0926\u0940 \u092D\u093E\u0937\u093E\u0964 "
      "\u4ECA\u65E5\u306F\u6771\u4EAC\u3078\u884C\u304D\u307E\u3059\u3002\n",
      repeated("the cat saw a dog; a dog saw the cat. ", 40)};
  return all;
}

const std::vector<HardText>& invalid_texts() {
  using namespace std::string_literals;
  static const std::vector<HardText> all{{"a continuation byte alone", "a\x80z"s},
                                         {"a cut sequence", "a\xE4\xBB"s},
                                         {"an overlong slash", "\xC0\xAF"s},
                                         {"a surrogate", "\xED\xA0\x80"s},
                                         {"beyond U+10FFFF", "\xF4\x90\x80\x80"s},
                                         {"bytes that never occur", "\xFF\xFE\xF8"s},
                                         {"Latin-1", "Caf\xE9 cr\xE8me"s},
                                         {"a lead byte at the end", "abc\xF0"s},
                                         {"all bytes", [] {
                                            std::string bytes;
                                            for (int i = 255; i >= 0; --i)
                                              bytes += static_cast<char>(i);
                                            return bytes;
                                          }()}};
  return all;
}

}  // namespace unroll::conformance
