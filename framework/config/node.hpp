// Node: an immutable YAML value that remembers where it stands.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unroll/core/error.hpp>

namespace unroll {

/// A value of an experiment file: null, scalar, sequence or map, with the mark of its first
/// character. Copies share the tree. Scalars keep their text; `config/scalar.hpp` reads them.
class Node {
 public:
  enum class Kind { null, scalar, sequence, map };
  struct Entry;

  Node() = default;
  static Node null(Mark mark = {});
  static Node scalar(std::string text, Mark mark = {}, bool quoted = false);
  static Node sequence(std::vector<Node> items, Mark mark = {});
  static Node map(std::vector<Entry> entries, Mark mark = {});

  Kind kind() const noexcept;
  bool is_null() const noexcept { return kind() == Kind::null; }
  bool is_scalar() const noexcept { return kind() == Kind::scalar; }
  bool is_sequence() const noexcept { return kind() == Kind::sequence; }
  bool is_map() const noexcept { return kind() == Kind::map; }
  const Mark& mark() const noexcept;

  /// The scalar's text; empty for other kinds.
  const std::string& text() const noexcept;
  bool quoted() const noexcept;
  /// The sequence's items; empty for other kinds.
  const std::vector<Node>& items() const noexcept;
  /// The map's entries in the order of the file; empty for other kinds.
  const std::vector<Entry>& entries() const noexcept;
  /// The value of this key, or nullptr.
  const Node* find(std::string_view key) const noexcept;

  /// A copy of this map in which `key` has `value` (replaced in place, or appended).
  Node with(std::string_view key, Node value, Mark key_mark = {}) const;
  /// The same value, standing elsewhere; what it holds keeps its marks.
  Node at(Mark mark) const;

 private:
  struct Content;
  std::shared_ptr<const Content> content_;
};

struct Node::Entry {
  std::string key;
  Mark key_mark;
  Node value;
};

/// The node as YAML text: maps in block style, short lists of scalars as `[a, b]`. Scalars keep
/// their text (Schema::write gives numbers their shortest round-trip form) and are quoted where
/// they would otherwise read as something else. Loading the text gives an equal tree.
std::string to_yaml(const Node& node);

/// The same on one line, as in `{lstm: {forget_bias: 1}}`.
std::string to_flow_yaml(const Node& node);

/// Equal values in the same order, whatever their marks and quotes.
bool same_value(const Node& a, const Node& b);

}  // namespace unroll
