// Known words: how many words of a generated text are words, as far as one learnt text tells.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace unroll::metrics {

/// The words of texts, by Unicode's word boundaries (UAX #29), without regard to case.
class KnownWords {
 public:
  void add(std::string_view text);
  void add(KnownWords others);

  /// The share of a text's words, repeated ones included, that were added. A word at its beginning
  /// or end may be a part of one and does not count. Nothing of a text without any other word.
  std::optional<double> share(std::string_view text) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_set<std::string, Hash, std::equal_to<>> words_;
};

}  // namespace unroll::metrics
