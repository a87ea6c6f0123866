// What people call a run: a name, tags, a note, kept in the run file.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace unroll {

struct RunLabels {
  std::string name;               ///< of the run, beside the experiment's own; may be empty
  std::vector<std::string> tags;  ///< sorted, each once
  std::string note;
  friend bool operator==(const RunLabels&, const RunLabels&) = default;

  /// One line, at most 200 bytes of UTF-8 without control characters; a tag has no white space and
  /// no comma either. Throw Error(usage) with what is wrong.
  static void check_name(const std::string& name);
  static void check_tag(const std::string& tag);
  void add_tag(const std::string& tag);
  void remove_tag(const std::string& tag);
};

/// Writes a run file anew with its labels changed, all else as it is and the journal folded in.
/// Takes the run's lock: throws Error(data) naming the process that is writing it, if any.
void change_labels(const std::filesystem::path& run, const std::function<void(RunLabels&)>& change);

/// Renames the file of a run that nobody is writing, within its folder; its kept checkpoints come
/// along. Throws Error(usage) where the new name is taken.
void move_run(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace unroll
