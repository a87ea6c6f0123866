// Small helpers for text that people read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// The candidate nearest to `word` (Damerau-Levenshtein distance at most max(1, length/3)).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean 'lstm'?" or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// "a, b, c".
std::string join(std::span<const std::string> words, std::string_view separator = ", ");

/// Offset of the first byte that is not UTF-8 (overlong forms and surrogates included).
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// 1,234,567.
std::string grouped(std::int64_t number);
/// 1.2 kB, 34.5 MB.
std::string human_bytes(std::uint64_t bytes);
/// 8.3 s, 2 min 05 s, 1 h 02 min.
std::string human_seconds(double seconds);
/// 1.23 M, 45.6 k.
std::string human_count(double count);

}  // namespace unroll
