// runexp rename, tag and note: what people call a run, kept in the run file.
#include <fmt/format.h>

#include <filesystem>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/results/run_labels.hpp>

#include "commands.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

struct Rename {
  std::string run, name;
  bool file = false;
};

struct Tag {
  std::string run;
  std::vector<std::string> tags;
  bool remove = false;
};

struct Note {
  std::string run, text;
};

int run_rename(const Rename& options) {
  RunLabels::check_name(options.name);
  const std::filesystem::path from = options.run;
  if (!options.file) {
    change_labels(from, [&](RunLabels& labels) { labels.name = options.name; });
    fmt::print("{}: is called '{}'\n", printable(options.run), printable(options.name));
    return 0;
  }
  if (options.name.find('/') != std::string::npos || options.name.starts_with('.'))
    fail(Failure::usage, "'{}' is no name for a file in the same folder", options.name);
  const std::filesystem::path to = from.parent_path() / (options.name + ".h5");
  if (to != from) move_run(from, to);
  change_labels(to, [&](RunLabels& labels) { labels.name = options.name; });
  fmt::print("{}: is called '{}'\n", printable(to.string()), printable(options.name));
  return 0;
}

int run_tag(const Tag& options) {
  for (const std::string& tag : options.tags) RunLabels::check_tag(tag);
  std::string left;
  change_labels(options.run, [&](RunLabels& labels) {
    for (const std::string& tag : options.tags)
      options.remove ? labels.remove_tag(tag) : labels.add_tag(tag);
    left = labels.tags.empty() ? "none" : join(labels.tags);
  });
  fmt::print("{}: tags: {}\n", printable(options.run), printable(left));
  return 0;
}

int run_note(const Note& options) {
  if (const auto bad = first_invalid_utf8(options.text))
    fail(Failure::usage, "the note is not UTF-8 (byte {})", *bad);
  change_labels(options.run, [&](RunLabels& labels) { labels.note = options.text; });
  fmt::print("{}: note {}\n", printable(options.run), options.text.empty() ? "removed" : "kept");
  return 0;
}

}  // namespace

void add_labels(CLI::App& app, Action& chosen) {
  Rename* rename = nullptr;
  CLI::App& name = add_command(app, chosen, "rename", "gives a run a name",
                               "runexp rename runs/gru_3.h5 \"wide GRU\"", rename, run_rename);
  name.add_option("run", rename->run, "the run file")->required()->type_name("RUN.h5");
  name.add_option("name", rename->name, "its name")->required();
  name.add_flag("--file", rename->file, "rename the file to NAME.h5 as well");
  Tag* tag = nullptr;
  CLI::App& tags = add_command(app, chosen, "tag", "tags a run",
                               "runexp tag runs/gru_3.h5 baseline paper", tag, run_tag);
  tags.add_option("run", tag->run, "the run file")->required()->type_name("RUN.h5");
  tags.add_option("tags", tag->tags, "one or several")->required()->type_name("TAG…");
  tags.add_flag("--remove", tag->remove, "take the tags away");
  Note* note = nullptr;
  CLI::App& text =
      add_command(app, chosen, "note", "writes a note into a run file",
                  "runexp note runs/gru_3.h5 \"diverged at first, see seed 4\"", note, run_note);
  text.add_option("run", note->run, "the run file")->required()->type_name("RUN.h5");
  text.add_option("text", note->text, "replaces the former note; empty removes it")->required();
}

}  // namespace unroll::cli
