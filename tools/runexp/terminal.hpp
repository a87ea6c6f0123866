// What a person sees: one live line, text above it, colours only on a terminal.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include <unroll/core/display.hpp>

namespace unroll::cli {

/// How this program was called, for the commands that messages suggest.
std::string& program();

/// Is this stream a terminal that may be redrawn and coloured (NO_COLOR and TERM=dumb say no)?
bool is_terminal(std::FILE* stream);

/// Columns that a table may take there: the terminal's, or $COLUMNS elsewhere; 0: as many as it
/// needs.
std::size_t line_limit(std::FILE* stream);

/// Text in a style on this stream; unchanged where it is not a terminal.
enum class Style { bold, dim, red, green, cyan };
std::string styled(std::FILE* stream, Style style, std::string_view text);

/// The text as stdout should have it: printable on a terminal, as it is in a file or pipe.
std::string shown(std::string_view text);

/// The progress line on stderr: redrawn in place at most ten times a second on a terminal,
/// elsewhere one line every ten seconds. Quiet: nothing. Not thread safe.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet = false);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Is it time to show something? Ask before composing a costly line.
  bool due() const;
  void show(std::string_view line);
  /// Permanent text above the line, ended by a line feed.
  void print(std::string_view text);
  /// Takes the live line away.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point next_ = Clock::time_point::min();
};

}  // namespace unroll::cli
