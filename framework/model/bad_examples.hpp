// What becomes of an example that cannot be used: an error at once, or it is skipped and counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <unroll/core/error.hpp>

namespace unroll {

class BadExamples {
 public:
  /// `on_error` is "fail" or "skip".
  explicit BadExamples(const std::string& on_error) : skip_(on_error == "skip") {}

  /// Throws Error(data) with this message, "file:line: what is wrong", unless they are skipped.
  void report(const std::string& message) {
    if (!skip_) fail(Failure::data, "{} (on_error: skip leaves such examples out)", message);
    if (count_++ == 0) first_ = message;
  }

  /// Reported, and skipped, so far.
  std::int64_t count() const noexcept { return count_; }

  /// Says how many were skipped, and the first of them; nothing if none were.
  void tell(std::vector<std::string>& notices) const {
    if (count_ > 0)
      notices.push_back("skipped " + std::to_string(count_) + " examples, the first: " + first_);
  }

 private:
  bool skip_;
  std::int64_t count_ = 0;
  std::string first_;
};

}  // namespace unroll
