// The one exception type of Unroll, and the places in files that messages point at.
#pragma once

#include <fmt/core.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace unroll {

/// What kind of thing went wrong; the value is the exit code of every command.
enum class Failure : int {
  run = 1,       ///< the run or the program failed
  usage = 2,     ///< command line or experiment file
  plugin = 3,    ///< a plugin could not be found, loaded or trusted, or broke its contract
  data = 4,      ///< a corpus, a data set or a run file
  diverged = 5,  ///< the loss or the gradients became infinite or NaN
  gate = 6,      ///< a gate such as `--fail-if` was not passed
};

/// An error a person can act on: the message says what, where, why and what to do.
class Error : public std::runtime_error {
 public:
  Error(Failure kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  Failure kind() const noexcept { return kind_; }
  int exit_code() const noexcept { return static_cast<int>(kind_); }

 private:
  Failure kind_;
};

/// Throws an Error with a formatted message.
template <typename... Args>
[[noreturn]] void fail(Failure kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

/// What the exception being handled says, whatever its type. Call inside a catch block.
std::string current_exception_text();

/// A place in a text file; lines and columns count from 1, and 0 means unknown.
struct Mark {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;

  /// `file:line:column`, or as much of it as is known.
  std::string text() const;
};

}  // namespace unroll
