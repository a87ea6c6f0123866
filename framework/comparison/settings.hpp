// Settings: what an experiment says, by dotted path, so that two can be laid side by side.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unroll/config/node.hpp>

namespace unroll::comparison {

/// A resolved experiment, flat. Paths are those of `--set`, in the order of the file:
///
///   seed = 1      model = many_to_many      model.many_to_many.cell = lstm
///   model.many_to_many.cell.lstm.forget_bias = 1      data.text.corpus = [alice]
///
/// A map of one key is a choice (of a plugin): its path has that key for a value, and what the
/// choice was given comes below it. A list is one value, as YAML on one line.
class Settings {
 public:
  using Entry = std::pair<std::string, std::string>;

  Settings() = default;
  explicit Settings(const Node& root);
  /// Of the text of /config/resolved; throws Error(data) with `name` where that is not YAML.
  static Settings parse(std::string_view yaml, const std::string& name);

  const std::vector<Entry>& entries() const noexcept { return entries_; }
  /// The value at a path, or nullptr.
  const std::string* find(std::string_view path) const noexcept;

 private:
  void add(std::string path, const Node& node);
  std::vector<Entry> entries_;
  std::vector<std::size_t> sorted_;  ///< the entries by path
};

/// Is `path` the setting `below` or one of those under it?
bool is_at_or_below(std::string_view path, std::string_view below) noexcept;

/// Paths of which not all have the same value, in the order of the files. The options of a choice
/// stand there only if runs that chose alike differ in them.
std::vector<std::string> differing(std::span<const Settings* const> all);

/// What says where a run is kept, how often it is written down or how it is called, and never
/// changes what it learns: experiment, description, output, expect, plugins, threads, log_every, …
bool is_bookkeeping(std::string_view path) noexcept;

/// The shortest ends of paths, from a dot on, that tell all of them apart: heads for columns.
std::vector<std::string> short_names(std::span<const std::string> paths);

}  // namespace unroll::comparison
