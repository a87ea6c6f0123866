#include <unroll/config/yaml.hpp>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>

#include <unroll/core/files.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

/// Turns yaml-cpp's places (lines and bytes from 0) into ours (lines and characters from 1).
class Places {
 public:
  Places(std::string_view text, const std::string& name, bool name_only)
      : text_(text), file_(std::make_shared<const std::string>(name)), name_only_(name_only) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  std::size_t offset(const YAML::Mark& mark) const {
    const auto line =
        std::min(static_cast<std::size_t>(std::max(mark.line, 0)), starts_.size() - 1);
    return std::min(starts_[line] + static_cast<std::size_t>(std::max(mark.column, 0)),
                    text_.size());
  }

  Mark of(const YAML::Mark& mark) {
    if (mark.is_null()) return {file_, 0, 0};
    return at(offset(mark));
  }

  Mark at(std::size_t offset) {
    if (name_only_) return {file_, 0, 0};
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    // Marks mostly ascend: on from the last one, or a very long line would cost its square.
    if (last_ < *(after - 1) || last_ > offset) {
      last_ = *(after - 1);
      column_ = 1;
    }
    for (; last_ < offset; ++last_) {
      if ((text_[last_] & 0xc0) != 0x80) ++column_;
    }
    return {file_, static_cast<int>(after - starts_.begin()), column_};
  }

 private:
  std::string_view text_;
  std::shared_ptr<const std::string> file_;
  bool name_only_;
  std::vector<std::size_t> starts_{0};
  std::size_t last_ = 0;  // the offset last asked for, and its column
  int column_ = 1;
};

constexpr std::size_t kMostProblems = 100;  // of one document

/// Thrown out of yaml-cpp once a problem that ends the reading has been noted.
struct Stop {};

/// Builds a Node from yaml-cpp's events, and refuses what the top of yaml.hpp names.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view text, Places& places, Problems& problems)
      : text_(text), places_(places), problems_(problems) {}

  Node take() { return std::move(root_); }

  /// Where the list or map that was being read begins.
  Mark innermost() const { return open_.empty() ? Mark() : open_.back().mark; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) {
      stop(mark, "text after the end of the document; one file holds one document");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // yaml-cpp's mark of an empty value lies at what follows, maybe lines below: the key's then.
    const Mark own = places_.of(mark);
    const bool value = !open_.empty() && open_.back().key;
    const bool below = value && own.line != open_.back().key_mark.line;
    add(Node::null(below ? open_.back().key_mark : own), 1, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) stop(mark, "an alias stands inside of what it repeats");
    values_ += found->second.values;
    check_budget(mark);
    add(found->second.node.at(places_.of(mark)), found->second.values, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    count(mark);
    const bool quoted = tag == "!";
    if (quoted && !closed(places_.offset(mark))) stop(mark, "a quote is opened and never closed");
    if (tag != "?" && !quoted && !tag.empty()) refuse_tag(mark, tag);
    if (text == "<<" && !quoted && !open_.empty() && open_.back().is_map && !open_.back().key) {
      problem(mark, "merge keys (<<) are not supported; use include: for common settings");
    }
    add(Node::scalar(text, places_.of(mark), quoted), 1, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, false);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, true);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that is being read.
  struct Open {
    bool is_map;
    Mark mark;
    YAML::anchor_t anchor;
    std::uint64_t values = 1;
    std::vector<Node> items;
    std::vector<Node::Entry> entries;
    std::unordered_map<std::string, Mark> seen;
    std::optional<std::string> key;  // read, its value awaited
    Mark key_mark;
  };
  struct Anchored {
    Node node;
    std::uint64_t values;
  };

  void problem(const Mark& mark, std::string message) {
    problems_.add(mark, std::move(message));
    if (++reported_ == kMostProblems) throw Stop();
  }
  void problem(const YAML::Mark& mark, std::string message) {
    problem(places_.of(mark), std::move(message));
  }
  [[noreturn]] void stop(const YAML::Mark& mark, std::string message) {
    problem(mark, std::move(message));
    throw Stop();
  }
  void check_budget(const YAML::Mark& mark) {
    if (values_ > kMostYamlValues) {
      stop(mark, fmt::format("more than {} values, aliases expanded", kMostYamlValues));
    }
  }
  void count(const YAML::Mark& mark) {
    ++values_;
    check_budget(mark);
  }
  // yaml-cpp lets the end of the file close a quote.
  bool closed(std::size_t at) const {
    while (at < text_.size() && (text_[at] == '&' || text_[at] == '!')) {
      at = std::min(text_.find_first_of(" \n\r\t", at), text_.size());
      at = std::min(text_.find_first_not_of(" \n\r\t", at), text_.size());
    }
    const char quote = at < text_.size() ? text_[at] : ' ';
    if (quote != '"' && quote != '\'') return true;
    for (++at; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 == text_.size() || text_[at + 1] != quote) return true;
        ++at;
      }
    }
    return false;
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    problem(mark, fmt::format("tags such as '{}' are not used here; a text that looks like a "
                              "number is put in quotes",
                              tag.substr(0, 40)));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_map) {
    count(mark);
    if (tag != "?" && !tag.empty()) refuse_tag(mark, tag);
    if (open_.size() == kMostYamlDepth) {
      stop(mark, fmt::format("nested deeper than {} levels", kMostYamlDepth));
    }
    open_.push_back({is_map, places_.of(mark), anchor, 1, {}, {}, {}, {}, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    Node node = done.is_map ? Node::map(std::move(done.entries), done.mark)
                            : Node::sequence(std::move(done.items), done.mark);
    add(std::move(node), done.values, done.anchor);
  }

  void add(Node node, std::uint64_t values, YAML::anchor_t anchor) {
    if (anchor != 0) anchored_[anchor] = {node, values};
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.values += values;
    if (!parent.is_map) {
      parent.items.push_back(std::move(node));
    } else if (!parent.key) {
      begin_entry(parent, node);
    } else {
      if (parent.seen.emplace(*parent.key, parent.key_mark).second) {
        parent.entries.push_back({std::move(*parent.key), parent.key_mark, std::move(node)});
      }
      parent.key.reset();
    }
  }

  void begin_entry(Open& parent, const Node& key) {
    if (!key.is_scalar()) {
      problem(key.mark(), "a key must be a word, not a list, a map or nothing");
    }
    parent.key = key.text();
    parent.key_mark = key.mark();
    const auto first = parent.seen.find(key.text());
    if (key.is_scalar() && first != parent.seen.end()) {
      const Mark& mark = first->second;
      const std::string where =
          mark.line > 0 ? fmt::format(", first given at {}:{}", mark.line, mark.column) : "";
      problem(key.mark(), fmt::format("duplicate key '{}'{}", key.text(), where));
    }
  }

  std::string_view text_;
  Places& places_;
  Problems& problems_;
  Node root_;
  bool started_ = false;
  std::size_t reported_ = 0;
  std::uint64_t values_ = 0;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchored> anchored_;
};

// The first line up to `last` whose indentation has a tab; its offset.
std::optional<std::size_t> tab_indentation(std::string_view text, std::size_t last) {
  bool indentation = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      if (i > last) return std::nullopt;
      indentation = true;
    } else if (indentation && text[i] == '\t') {
      return i;
    } else if (text[i] != ' ') {
      indentation = false;
    }
  }
  return std::nullopt;
}

std::string explained(const std::string& message) {
  if (message == "illegal map value") {
    return "a ':' where no value can begin (wrong indentation, or a text with ': ' that needs "
           "quotes)";
  }
  if (message == "illegal EOF in scalar") return "the text ends within a quote";
  if (message == "unknown token") return "no value begins with this character; use quotes";
  if (message == "illegal block entry") return "a list's '- ' begins on a line of its own";
  if (message == "end of map not found") return "expected 'key: value' (wrong indentation?)";
  if (message == "end of sequence not found") return "expected '- ' (wrong indentation?)";
  // yaml-cpp 0.8 adds the name.
  if (message.starts_with("the referenced anchor is not defined")) {
    return "no value above is marked with this anchor (& and the same name)";
  }
  return message;
}

// Refuses what is no text before yaml-cpp guesses at its encoding.
bool is_text(std::string_view text, const std::string& name, Problems& problems) {
  const Mark file{std::make_shared<const std::string>(name), 0, 0};
  if (text.size() > kMostYamlBytes) {
    problems.add(file, fmt::format("has {}; at most {} are read", human_bytes(text.size()),
                                   human_bytes(kMostYamlBytes)));
    return false;
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7f || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t');
  });
  if (const auto bad = first_invalid_utf8(text)) {
    const bool utf16 = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
    problems.add(file, fmt::format("not UTF-8: byte 0x{:02x} at offset {}{}",
                                   static_cast<unsigned>(static_cast<unsigned char>(text[*bad])),
                                   *bad, utf16 ? " (this looks like UTF-16)" : ""));
    return false;
  }
  if (control != text.end()) {
    problems.add(file, fmt::format("not a text file: control character 0x{:02x} at offset {}",
                                   static_cast<unsigned>(static_cast<unsigned char>(*control)),
                                   control - text.begin()));
    return false;
  }
  return true;
}

Node load(std::string_view text, const std::string& name, bool name_only, Problems& problems) {
  if (!is_text(text, name, problems)) return {};
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Places places(text, name, name_only);
  Builder builder(text, places, problems);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    // The second call finds the end, or begins a second document, which the builder refuses.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (const Stop&) {
  } catch (const YAML::Exception& error) {
    const Mark mark = places.of(error.mark);
    const auto error_offset = static_cast<std::size_t>(std::max(error.mark.pos, 0));
    if (const auto tab = tab_indentation(text, error_offset)) {
      problems.add(places.at(*tab), "a tab in the indentation; YAML indents with spaces only");
    } else if (error.msg == "end of sequence flow not found") {
      problems.add(builder.innermost(), "the list that begins here with '[' is not closed by ']'");
    } else if (error.msg == "end of map flow not found") {
      problems.add(builder.innermost(), "the map that begins here with '{' is not closed by '}'");
    } else {
      problems.add(mark, explained(error.msg));
    }
  }
  return builder.take();
}

// Files beside the missing one whose names are near.
std::string near_file(const std::filesystem::path& path) {
  std::vector<std::string> stems;
  std::error_code ignored;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  for (std::filesystem::directory_iterator entry(folder, ignored), end;
       !ignored && entry != end && stems.size() < 1000; entry.increment(ignored)) {
    if (entry->path().extension() == ".yaml") stems.push_back(entry->path().stem().string());
  }
  const auto near = nearest(path.stem().string(), stems);
  return near ? fmt::format("; did you mean '{}'?", (path.parent_path() / *near).string() + ".yaml")
              : std::string();
}

}  // namespace

Node load_yaml_text(std::string_view text, const std::string& name, Problems& problems) {
  return load(text, name, false, problems);
}

Node load_yaml_value(std::string_view text, const std::string& name, Problems& problems) {
  return load(text, name, true, problems);
}

Node load_yaml_file(const std::filesystem::path& path, Problems& problems) {
  std::string text;
  try {
    text = read_file(path, kMostYamlBytes);
  } catch (const Error& error) {
    std::error_code ignored;
    const bool missing = !std::filesystem::exists(path, ignored);
    problems.add({}, error.what() + (missing ? near_file(path) : std::string()));
    return {};
  }
  const std::size_t before = problems.all().size();
  Node root = load_yaml_text(text, path.string(), problems);
  if (root.is_null() && problems.all().size() == before) {
    problems.add({std::make_shared<const std::string>(path.string()), 0, 0},
                 "is empty; an experiment is a map of options");
  }
  return root;
}

}  // namespace unroll
