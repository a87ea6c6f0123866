// Shrinking: from an input that shows a fault to a small one that still does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/unicode.hpp>

namespace unroll::conformance {

/// Smaller sizes for which `fails` still holds, none below its least. Each is tried at its least,
/// then at halves, then one less at a time.
inline std::vector<std::int64_t> shrink_sizes(
    std::vector<std::int64_t> sizes, const std::vector<std::int64_t>& least,
    const std::function<bool(const std::vector<std::int64_t>&)>& fails) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      for (const std::int64_t to : {least[i], (sizes[i] + least[i]) / 2, sizes[i] - 1}) {
        if (to >= sizes[i] || to < least[i]) continue;
        std::vector<std::int64_t> tried = sizes;
        tried[i] = to;
        if (!fails(tried)) continue;
        sizes = tried;
        smaller = true;
        break;
      }
  }
  return sizes;
}

/// A shorter text for which `fails` still holds: pieces of code points are left out, long ones
/// first (Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing input").
inline std::string shrink_text(std::string_view text,
                               const std::function<bool(const std::string&)>& fails) {
  std::vector<std::string> points;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    next_code_point(text, end);
    points.emplace_back(text.substr(begin, end - begin));
  }
  const auto joined = [](const std::vector<std::string>& parts) {
    std::string whole;
    for (const std::string& part : parts) whole += part;
    return whole;
  };
  for (std::size_t piece = std::max<std::size_t>(points.size() / 2, 1);;) {
    bool shorter = false;
    for (std::size_t at = 0; at < points.size();) {
      std::vector<std::string> tried = points;
      const auto first = tried.begin() + static_cast<std::ptrdiff_t>(at);
      tried.erase(first, first + static_cast<std::ptrdiff_t>(std::min(piece, points.size() - at)));
      if (fails(joined(tried))) {
        points = std::move(tried);
        shorter = true;
      } else {
        at += piece;
      }
    }
    if (piece == 1 && !shorter) return joined(points);
    if (piece > 1) piece /= 2;
  }
}

}  // namespace unroll::conformance
