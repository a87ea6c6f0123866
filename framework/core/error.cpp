#include <unroll/core/error.hpp>

#include <cxxabi.h>

#include <cstdlib>

namespace unroll {

std::string current_exception_text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    int status = 0;
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "a foreign exception";
    char* readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    std::string text =
        fmt::format("an exception of type {}", status == 0 ? readable : type->name());
    std::free(readable);  // NOLINT: __cxa_demangle allocates with malloc
    return text;
  }
}

std::string Mark::text() const {
  std::string out = file ? *file : std::string();
  if (line > 0) {
    out += fmt::format("{}{}", out.empty() ? "line " : ":", line);
    if (column > 0) out += fmt::format(":{}", column);
  }
  return out;
}

}  // namespace unroll
