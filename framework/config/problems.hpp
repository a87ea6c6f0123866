// Problems: every mistake of a file, gathered so that all are reported at once.
#pragma once

#include <string>
#include <vector>

#include <unroll/core/error.hpp>

namespace unroll {

class Problems {
 public:
  struct Problem {
    Mark mark;
    std::string message;
    Failure kind = Failure::usage;
  };

  void add(const Mark& mark, std::string message, Failure kind = Failure::usage);
  bool empty() const noexcept { return problems_.empty(); }
  const std::vector<Problem>& all() const noexcept { return problems_; }
  /// One line a problem, `file:line:column: message`, file by file (in the order in which files
  /// were first reported) and in the order of each file. No line stands twice; after a hundred,
  /// the rest is counted.
  std::string text() const;
  /// Throws an Error with all problems (of the kind of the first) if there are any.
  void throw_if_any() const;

 private:
  std::vector<Problem> problems_;
};

}  // namespace unroll
