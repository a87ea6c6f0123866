#include <unroll/comparison/query.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>

#include <unroll/comparison/table.hpp>
#include <unroll/config/scalar.hpp>
#include <unroll/core/error.hpp>

namespace unroll::comparison {

struct Query::Node {
  enum class Kind { all, any, negation, comparison };
  Kind kind = Kind::comparison;
  std::vector<std::shared_ptr<Node>> parts;  // of all, any, negation
  std::string name, relation, value;         // of comparison
};

namespace {

using Node = Query::Node;
constexpr std::size_t kDeepest = 100;  ///< brackets and `not`s within each other
constexpr std::array<std::string_view, 9> kRelations{"==", "!=", "<=", ">=", "=",
                                                     "<",  ">",  "!~", "~"};  // longest first

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::shared_ptr<Node> read() {
    auto node = any();
    skip_space();
    if (at_ < text_.size()) wrong("expected 'and', 'or' or the end");
    return node;
  }

 private:
  std::shared_ptr<Node> joined(Node::Kind kind, std::string_view word,
                               std::shared_ptr<Node> (Reader::*part)()) {
    auto first = (this->*part)();
    if (!accept_word(word)) return first;
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->parts.push_back(std::move(first));
    do node->parts.push_back((this->*part)());
    while (accept_word(word));
    return node;
  }

  std::shared_ptr<Node> any() { return joined(Node::Kind::any, "or", &Reader::all); }
  std::shared_ptr<Node> all() { return joined(Node::Kind::all, "and", &Reader::one); }

  std::shared_ptr<Node> one() {
    if (++depth_ > kDeepest) wrong("too many brackets within each other");
    std::shared_ptr<Node> node;
    if (accept_word("not")) {
      node = std::make_shared<Node>();
      node->kind = Node::Kind::negation;
      node->parts.push_back(one());
    } else if (accept('(')) {
      node = any();
      if (!accept(')')) wrong("expected ')'");
    } else {
      node = comparison();
    }
    --depth_;
    return node;
  }

  std::shared_ptr<Node> comparison() {
    auto node = std::make_shared<Node>();
    node->name = word("=!<>~()\"'", "a setting or figure");
    skip_space();
    for (const std::string_view one : kRelations)
      if (node->relation.empty() && text_.substr(at_).starts_with(one)) node->relation = one;
    if (node->relation.empty()) wrong("expected =, !=, <, <=, >, >=, ~ or !~");
    at_ += node->relation.size();
    if (node->relation == "==") node->relation = "=";
    node->value = value();
    return node;
  }

  std::string value() {
    skip_space();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      const std::size_t end = text_.find(text_[at_], at_ + 1);
      if (end == std::string_view::npos) wrong("a quote is not closed");
      const std::string found(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return found;
    }
    return word("=!<>~()\"'", "a value");
  }

  std::string word(std::string_view ends, const char* what) {
    skip_space();
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '\t' &&
           ends.find(text_[at_]) == std::string_view::npos)
      ++at_;
    if (at_ == begin) wrong(fmt::format("expected {}", what));
    return std::string(text_.substr(begin, at_ - begin));
  }

  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool accept_word(std::string_view wanted) {
    skip_space();
    if (!text_.substr(at_).starts_with(wanted)) return false;
    const std::size_t end = at_ + wanted.size();
    if (end < text_.size() && text_[end] != ' ' && text_[end] != '\t' && text_[end] != '(')
      return false;
    at_ = end;
    return true;
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  [[noreturn]] void wrong(const std::string& why) const {
    fail(Failure::usage,
         "'{}': {} at '{}'; write e.g. \"training.batch=64 and validation.loss<1.6\"", text_, why,
         at_ < text_.size() ? text_.substr(at_) : "the end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

Truth truth(bool value) {
  return value ? Truth::yes : Truth::no;
}

std::regex pattern_of(const Node& node) {
  try {
    return std::regex(node.value);
  } catch (const std::regex_error& error) {
    fail(Failure::usage, "'{}' is no regular expression: {}", node.value, error.what());
  }
}

Truth compare_numbers(const std::string& relation, double a, double b) {
  if (std::isnan(a)) return Truth::unknown;
  if (relation == "=") return truth(a == b);
  if (relation == "!=") return truth(a != b);
  if (relation == "<") return truth(a < b);
  if (relation == "<=") return truth(a <= b);
  return relation == ">" ? truth(a > b) : truth(a >= b);
}

Truth compare(const Node& node, const Value& value) {
  const std::string& relation = node.relation;
  if (std::holds_alternative<std::monostate>(value)) return Truth::unknown;
  if (relation == "~" || relation == "!~")
    return truth(std::regex_search(text_of(value), pattern_of(node)) == (relation == "~"));
  const Parsed<double> wanted = parse_number(node.value);
  if (const auto* number = std::get_if<double>(&value); number && wanted.value)
    return compare_numbers(relation, *number, *wanted.value);
  bool equal = text_of(value) == node.value;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
    equal = std::find(texts->begin(), texts->end(), node.value) != texts->end();
  if (relation == "=") return truth(equal);
  if (relation == "!=") return truth(!equal);
  fail(Failure::usage, "{} {} {} compares texts ('{}' and '{}'); texts have =, != and ~", node.name,
       relation, node.value, text_of(value), node.value);
}

void for_each(const std::shared_ptr<Node>& node, const std::function<void(Node&)>& visit) {
  if (node->kind == Node::Kind::comparison) visit(*node);
  for (const auto& part : node->parts) for_each(part, visit);
}

Truth evaluate(const Node& node, const std::function<Value(const std::string&)>& value) {
  switch (node.kind) {
    case Node::Kind::comparison:
      return compare(node, value(node.name));
    case Node::Kind::negation: {
      const Truth inner = evaluate(*node.parts.front(), value);
      return inner == Truth::unknown ? inner : truth(inner == Truth::no);
    }
    case Node::Kind::all:
    case Node::Kind::any:
      break;
  }
  const Truth decides = node.kind == Node::Kind::all ? Truth::no : Truth::yes;
  Truth found = node.kind == Node::Kind::all ? Truth::yes : Truth::no;
  for (const auto& part : node.parts) {
    const Truth one = evaluate(*part, value);
    if (one == decides) return one;
    if (one == Truth::unknown) found = one;
  }
  return found;
}

}  // namespace

Query Query::parse(std::string_view text) {
  Query query;
  query.text_ = text;
  query.root_ = Reader(text).read();
  for_each(query.root_, [](Node& node) {
    if (node.relation.ends_with('~')) pattern_of(node);  // says what is wrong with it at once
  });
  return query;
}

std::vector<std::string> Query::names() const {
  std::vector<std::string> names;
  for_each(root_, [&](Node& node) { names.push_back(node.name); });
  return names;
}

void Query::rename(const std::function<std::string(const std::string&)>& change) {
  for_each(root_, [&](Node& node) { node.name = change(node.name); });
}

Truth Query::of(const std::function<Value(const std::string&)>& value) const {
  return evaluate(*root_, value);
}

}  // namespace unroll::comparison
