// Queries: which runs, or which groups, are meant.
//
//   query      = all { "or" all }
//   all        = one { "and" one }
//   one        = "not" one | "(" query ")" | comparison
//   comparison = NAME ( "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~" ) VALUE
//
//   training.batch=64 and validation.loss<1.6      not (cell = gru or status != completed)
//   data.text.corpus ~ "ali.e"
//
// `~` searches for a regular expression (ECMAScript). A VALUE that reads as a number is compared as
// one where the run has a number; other values are compared as texts, for (in)equality alone. Of
// several texts (tags) one is enough to be equal. VALUES with spaces or brackets stand in quotes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/comparison/figures.hpp>

namespace unroll::comparison {

/// What a query says of something that may lack what it asks for (Kleene's logic).
enum class Truth { no, yes, unknown };

class Query {
 public:
  struct Node;

  /// Throws Error(usage) that shows the place where the text cannot be read.
  static Query parse(std::string_view text);

  /// The names that it asks for, in order, with repetitions.
  std::vector<std::string> names() const;
  /// Replaces every name; `change` may throw.
  void rename(const std::function<std::string(const std::string&)>& change);

  /// Of something that gives a name's value. Comparisons with what is absent or NaN are unknown.
  /// Throws Error(usage) where texts are compared by < or >.
  Truth of(const std::function<Value(const std::string&)>& value) const;

  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
  std::shared_ptr<Node> root_;
};

}  // namespace unroll::comparison
