#include <unroll/metrics/bleu_words.hpp>

#include <unroll/metrics/symbols.hpp>

namespace unroll::metrics {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

/// Copies the text and puts strings around each pair of neighbours that passes both tests, from the
/// left, no byte in two pairs. UTF-8 may be cut between its bytes: the tests' ASCII never is.
template <typename First, typename Second>
std::string around_pairs(std::string_view text, First first, Second second, std::string_view before,
                         std::string_view between, std::string_view after) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !first(text[i]) || !second(text[i + 1])) {
      out += text[i];
      continue;
    }
    out += before;
    out += text[i];
    out += between;
    out += text[++i];
    out += after;
  }
  return out;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_not_digit(char c) {
  return !is_digit(c);
}
bool is_period_or_comma(char c) {
  return c == '.' || c == ',';
}
/// ASCII's punctuation but for the apostrophe, comma, hyphen and period; the space is among it.
bool is_symbol(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
         (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

std::string words_13a(std::string line) {
  replace_all(line, "<skipped>", "");
  replace_all(line, "-\n", "");
  replace_all(line, "\n", " ");
  replace_all(line, "&quot;", "\"");
  replace_all(line, "&amp;", "&");
  replace_all(line, "&lt;", "<");
  replace_all(line, "&gt;", ">");
  std::string spaced = " ";
  for (const char c : line) {
    if (is_symbol(c))
      spaced.append({' ', c, ' '});
    else
      spaced += c;
  }
  spaced += ' ';
  // A period or comma stays within a number, a hyphen wherever no digit stands before it.
  spaced = around_pairs(spaced, is_not_digit, is_period_or_comma, "", " ", " ");
  spaced = around_pairs(spaced, is_period_or_comma, is_not_digit, " ", " ", "");
  return around_pairs(
      spaced, is_digit, [](char c) { return c == '-'; }, "", " ", " ");
}

std::string spaced_characters(std::string_view text) {
  std::string spaced;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!continues) spaced += ' ';
    spaced += c;
  }
  return spaced;
}

}  // namespace

std::string bleu_words(std::string_view segment, BleuWords how) {
  const auto found = words(segment);
  if (found.empty()) return {};
  const auto end = static_cast<std::size_t>(found.back().data() - segment.data());
  const std::string_view stripped = segment.substr(0, end + found.back().size());
  switch (how) {
    case BleuWords::v13a:
      return words_13a(std::string(stripped));
    case BleuWords::characters:
      return spaced_characters(stripped);
    case BleuWords::spaced:
      break;
  }
  return std::string(stripped);
}

}  // namespace unroll::metrics
