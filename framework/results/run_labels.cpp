#include <unroll/results/run_labels.hpp>

#include <algorithm>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/text.hpp>
#include <unroll/results/journal.hpp>
#include <unroll/results/kept_checkpoints.hpp>
#include <unroll/results/run_file.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongest = 200;

void check_line(const std::string& text, const char* what) {
  const bool control = std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (text.empty()) fail(Failure::usage, "a {} may not be empty", what);
  if (text.size() > kLongest)
    fail(Failure::usage, "a {} has at most {} bytes, this one {}", what, kLongest, text.size());
  if (control || first_invalid_utf8(text))
    fail(Failure::usage, "a {} is one line of UTF-8 without control characters", what);
}

}  // namespace

void RunLabels::check_name(const std::string& name) {
  check_line(name, "name");
}

void RunLabels::check_tag(const std::string& tag) {
  check_line(tag, "tag");
  if (tag.find_first_of(" ,") != std::string::npos)
    fail(Failure::usage, "tag '{}': a tag has no spaces and no commas", tag);
}

void RunLabels::add_tag(const std::string& tag) {
  const auto place = std::ranges::lower_bound(tags, tag);
  if (place == tags.end() || *place != tag) tags.insert(place, tag);
}

void RunLabels::remove_tag(const std::string& tag) {
  const auto place = std::ranges::lower_bound(tags, tag);
  if (place == tags.end() || *place != tag)
    fail(Failure::usage, "there is no tag '{}' (tags: {}){}", tag,
         tags.empty() ? "none" : join(tags), did_you_mean(tag, tags));
  tags.erase(place);
}

void change_labels(const fs::path& run, const std::function<void(RunLabels&)>& change) {
  if (!looks_like_run(run)) read_sealed(run);  // says why without leaving a lock file behind
  const RunLock lock(run);
  RunRecord record = open_run(run);
  change(record.labels);
  write_file_atomically(run, run_to_bytes(record));
  // Its records are in the file now; beside the new seal it would be void anyway.
  std::error_code ignored;
  fs::remove(journal_of(run), ignored);
}

void move_run(const fs::path& from, const fs::path& to) {
  if (!looks_like_run(from)) read_sealed(from);
  const RunLock lock(from), other(to);
  std::error_code problem;
  for (const fs::path& taken : {to, journal_of(to), kept_folder(to)})
    if (fs::exists(taken, problem))
      fail(Failure::usage, "{}: exists already; choose another name", taken.string());
  const auto move = [&](const fs::path& one, const fs::path& another) {
    if (!fs::exists(one, problem)) return;
    fs::rename(one, another, problem);
    if (problem)
      fail(Failure::data, "{}: cannot be renamed to {}: {}", one.string(), another.string(),
           problem.message());
  };
  // The journal first: beside no run file it is harmless, and the run without it would lose rows.
  move(journal_of(from), journal_of(to));
  move(kept_folder(from), kept_folder(to));
  move(from, to);
}

}  // namespace unroll
