#include <unroll/config/node.hpp>

#include <algorithm>

namespace unroll {

struct Node::Content {
  Kind kind = Kind::null;
  Mark mark;
  std::string text;
  bool quoted = false;
  std::vector<Node> items;
  std::vector<Entry> entries;
};

namespace {

const Mark kNoMark;
const std::string kNoText;
const std::vector<Node> kNoItems;
const std::vector<Node::Entry> kNoEntries;

}  // namespace

Node Node::null(Mark mark) {
  Node node;
  node.content_ =
      std::make_shared<Content>(Content{Kind::null, std::move(mark), {}, false, {}, {}});
  return node;
}

Node Node::scalar(std::string text, Mark mark, bool quoted) {
  Node node;
  node.content_ = std::make_shared<Content>(
      Content{Kind::scalar, std::move(mark), std::move(text), quoted, {}, {}});
  return node;
}

Node Node::sequence(std::vector<Node> items, Mark mark) {
  Node node;
  node.content_ = std::make_shared<Content>(
      Content{Kind::sequence, std::move(mark), {}, false, std::move(items), {}});
  return node;
}

Node Node::map(std::vector<Entry> entries, Mark mark) {
  Node node;
  node.content_ = std::make_shared<Content>(
      Content{Kind::map, std::move(mark), {}, false, {}, std::move(entries)});
  return node;
}

Node::Kind Node::kind() const noexcept {
  return content_ ? content_->kind : Kind::null;
}
const Mark& Node::mark() const noexcept {
  return content_ ? content_->mark : kNoMark;
}
const std::string& Node::text() const noexcept {
  return content_ ? content_->text : kNoText;
}
bool Node::quoted() const noexcept {
  return content_ && content_->quoted;
}

const std::vector<Node>& Node::items() const noexcept {
  return content_ ? content_->items : kNoItems;
}

const std::vector<Node::Entry>& Node::entries() const noexcept {
  return content_ ? content_->entries : kNoEntries;
}

const Node* Node::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries()) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node Node::with(std::string_view key, Node value, Mark key_mark) const {
  std::vector<Entry> changed = entries();
  const auto found = std::find_if(changed.begin(), changed.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found == changed.end()) {
    changed.push_back({std::string(key), std::move(key_mark), std::move(value)});
  } else {
    found->key_mark = std::move(key_mark);
    found->value = std::move(value);
  }
  return map(std::move(changed), mark());
}

Node Node::at(Mark mark) const {
  Content moved = content_ ? *content_ : Content();
  moved.mark = std::move(mark);
  Node node;
  node.content_ = std::make_shared<Content>(std::move(moved));
  return node;
}

bool same_value(const Node& a, const Node& b) {
  if (a.kind() != b.kind() || a.text() != b.text()) return false;
  return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(),
                    same_value) &&
         std::equal(a.entries().begin(), a.entries().end(), b.entries().begin(), b.entries().end(),
                    [](const Node::Entry& x, const Node::Entry& y) {
                      return x.key == y.key && same_value(x.value, y.value);
                    });
}

}  // namespace unroll
