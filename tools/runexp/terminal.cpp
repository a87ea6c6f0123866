#include "terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace unroll::cli {
namespace {

std::size_t width_of(std::FILE* stream) {
  winsize size{};
  const bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

/// The first `columns` characters; progress lines hold no wide ones.
std::string_view shortened(std::string_view text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(text[i]) & 0xC0u) != 0x80u;
    if (begins_character && seen++ == columns) return text.substr(0, i);
  }
  return text;
}

}  // namespace

std::string& program() {
  static std::string name = "runexp";
  return name;
}

bool is_terminal(std::FILE* stream) {
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(fileno(stream)) == 1 && (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

std::size_t line_limit(std::FILE* stream) {
  if (isatty(fileno(stream)) == 1) return width_of(stream);
  const char* columns = std::getenv("COLUMNS");
  return columns == nullptr ? 0 : static_cast<std::size_t>(std::max(0, std::atoi(columns)));
}

std::string styled(std::FILE* stream, Style style, std::string_view text) {
  if (!is_terminal(stream)) return std::string(text);
  const int code = style == Style::bold    ? 1
                   : style == Style::dim   ? 2
                   : style == Style::red   ? 31
                   : style == Style::green ? 32
                                           : 36;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string shown(std::string_view text) {
  return is_terminal(stdout) ? printable(text) : std::string(text);
}

ProgressLine::ProgressLine(bool quiet) : quiet_(quiet), terminal_(is_terminal(stderr)) {}

bool ProgressLine::due() const {
  return !quiet_ && Clock::now() >= next_;
}

void ProgressLine::show(std::string_view line) {
  if (!due()) return;
  next_ = Clock::now() + (terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10));
  if (terminal_) {
    fmt::print(stderr, "\r{}\x1b[K", shortened(line, width_of(stderr) - 1));
    drawn_ = true;
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

void ProgressLine::print(std::string_view text) {
  if (quiet_) return;
  clear();
  fmt::print(stderr, "{}\n", text);
}

void ProgressLine::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
  next_ = Clock::time_point::min();
}

}  // namespace unroll::cli
