#include <unroll/config/include.hpp>

#include <algorithm>
#include <array>
#include <unordered_map>

#include <unroll/config/yaml.hpp>

namespace unroll {
namespace {

constexpr std::size_t kMostFiles = 64;

/// One composition of files.
class Composer {
 public:
  Composer(std::vector<std::string>& files, Problems& problems)
      : files_(files), problems_(problems) {}

  Node load(const std::filesystem::path& path) {
    chain_.push_back(path);
    files_.push_back(path.string());
    Node own = load_yaml_file(path, problems_);
    if (!own.is_map() && !own.is_null()) {
      problems_.add(own.mark(), "an experiment is a map of options");
      own = {};
    }
    Node all;
    std::vector<Node::Entry> entries;
    for (const auto& entry : own.entries()) {
      if (entry.key == "include") {
        all = included(entry, path);
      } else {
        entries.push_back(entry);
      }
    }
    chain_.pop_back();
    if (own.is_null()) return all;
    return merge(all, Node::map(std::move(entries), own.mark()));
  }

 private:
  Node included(const Node::Entry& entry, const std::filesystem::path& from) {
    const Node& value = entry.value;
    const std::vector<Node> names = value.is_sequence() ? value.items() : std::vector<Node>{value};
    Node all;
    for (const Node& name : names) {
      if (!name.is_scalar() || name.text().empty()) {
        problems_.add(name.mark(), "include expects the path of a YAML file, or a list of them");
        continue;
      }
      const auto path = (from.parent_path() / name.text()).lexically_normal();
      if (may_load(path, name.mark())) all = merge(all, load(path));
    }
    return all;
  }

  bool may_load(const std::filesystem::path& path, const Mark& mark) {
    const auto same = [&](const std::filesystem::path& other) {
      std::error_code a, b;
      const auto left = std::filesystem::weakly_canonical(path, a);
      const auto right = std::filesystem::weakly_canonical(other, b);
      return a || b ? path == other : left == right;
    };
    const auto first = std::find_if(chain_.begin(), chain_.end(), same);
    if (first != chain_.end()) {
      std::string way;
      for (auto step = first; step != chain_.end(); ++step) way += step->string() + " -> ";
      problems_.add(mark, "include goes round in a circle: " + way + path.string());
      return false;
    }
    if (files_.size() >= kMostFiles) {
      problems_.add(mark, fmt::format("more than {} included files", kMostFiles));
      return false;
    }
    return true;
  }

  std::vector<std::string>& files_;
  Problems& problems_;
  std::vector<std::filesystem::path> chain_;
};

}  // namespace

bool is_plugin_key(std::string_view key) {
  constexpr std::array<std::string_view, 10> kKinds{
      "data",    "model",     "schedule", "architecture", "cell",
      "encoder", "tokenizer", "sampler",  "dataset",      "optimizer"};
  return std::any_of(kKinds.begin(), kKinds.end(), [&](std::string_view kind) {
    return key == kind || (key.size() > kind.size() && key.ends_with(kind) &&
                           key[key.size() - kind.size() - 1] == '_');
  });
}

Node merge_under(std::string_view key, const Node& old_value, const Node& new_value) {
  const auto choice = [](const Node& value) {
    if (value.entries().size() != 1) return false;
    const Node& options = value.entries().front().value;
    return options.is_map() || options.is_null();
  };
  const bool other_choice = is_plugin_key(key) && choice(old_value) && choice(new_value) &&
                            old_value.entries().front().key != new_value.entries().front().key;
  return other_choice ? new_value : merge(old_value, new_value);
}

Node merge(const Node& under, const Node& over) {
  if (!under.is_map() || !over.is_map()) return over;
  std::vector<Node::Entry> all = under.entries();
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < all.size(); ++i) places.emplace(under.entries()[i].key, i);
  for (const auto& entry : over.entries()) {
    const auto found = places.find(entry.key);
    if (found == places.end()) {
      all.push_back(entry);
    } else {
      Node::Entry& old = all[found->second];
      old = {entry.key, entry.key_mark, merge_under(entry.key, old.value, entry.value)};
    }
  }
  return Node::map(std::move(all), over.mark());
}

Node load_with_includes(const std::filesystem::path& path, std::vector<std::string>& files,
                        Problems& problems) {
  return Composer(files, problems).load(path);
}

}  // namespace unroll
