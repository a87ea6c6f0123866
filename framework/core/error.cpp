#include <unroll/core/error.hpp>

namespace unroll {

std::string Mark::text() const {
  std::string out = file ? *file : std::string();
  if (line > 0) {
    out += fmt::format("{}{}", out.empty() ? "line " : ":", line);
    if (column > 0) out += fmt::format(":{}", column);
  }
  return out;
}

}  // namespace unroll
