#include <unroll/comparison/collect.hpp>

#include <glob.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <thread>

#include <unroll/core/error.hpp>
#include <unroll/results/observed_run.hpp>

namespace unroll::comparison {
namespace {

namespace fs = std::filesystem;

/// Hidden folders, and former checkpoints of the runs beside them.
bool is_left_out(const fs::path& folder) {
  return folder.filename().string().starts_with('.') || folder.extension() == ".checkpoints";
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code problem;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         problem);
  if (problem) fail(Failure::data, "{}: cannot be read: {}", folder.string(), problem.message());
  for (const fs::recursive_directory_iterator end; entry != end; entry.increment(problem)) {
    if (problem) fail(Failure::data, "{}: cannot be read: {}", folder.string(), problem.message());
    if (entry->is_directory(problem)) {
      if (is_left_out(entry->path())) entry.disable_recursion_pending();
    } else if (entry->path().extension() == ".h5" && looks_like_run(entry->path())) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> fitting(const std::string& pattern) {
  glob_t found{};
  std::vector<fs::path> paths;
  if (::glob(pattern.c_str(), GLOB_BRACE | GLOB_TILDE, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

}  // namespace

std::vector<fs::path> find_runs(const std::vector<std::string>& places) {
  std::vector<fs::path> files;
  std::set<fs::path> seen;
  const auto add = [&](const fs::path& file) {
    std::error_code unknown;
    const fs::path same = fs::weakly_canonical(file, unknown);
    if (seen.insert(unknown ? file : same).second) files.push_back(file);
  };
  const auto add_place = [&](const fs::path& path) {
    if (!fs::is_directory(path)) return add(path);
    for (const fs::path& file : files_below(path)) add(file);
  };
  for (const std::string& place : places) {
    if (fs::exists(place)) {
      add_place(place);
    } else if (const std::vector<fs::path> paths = fitting(place); !paths.empty()) {
      for (const fs::path& path : paths)
        // What a pattern happens to fit beside run files: journals, pictures, notes.
        if (fs::is_directory(path) || looks_like_run(path)) add_place(path);
    } else {
      fail(
          Failure::data, "{}: there is no such file or folder{}", place,
          place.find_first_of("*?[{") == std::string::npos ? "" : ", and nothing fits the pattern");
    }
  }
  return files;
}

ComparedRun read_run(const fs::path& file) {
  ObservedRun seen = observe_run(file, RunParts::figures);
  std::string status(seen.status());
  Settings settings = Settings::parse(seen.record.config_resolved, file.string());
  return {file, std::move(seen.record), std::move(settings), std::move(status)};
}

Collection read_runs(const std::vector<fs::path>& files, unsigned threads) {
  std::vector<std::optional<ComparedRun>> runs(files.size());
  std::vector<std::string> messages(files.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) {
      try {
        runs[i] = read_run(files[i]);
      } catch (...) {
        messages[i] = current_exception_text();
      }
    }
  };
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  threads =
      std::min<unsigned>(threads, static_cast<unsigned>(std::max<std::size_t>(1, files.size())));
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
    work();
  }
  Collection collection;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (runs[i]) collection.runs.push_back(std::move(*runs[i]));
    if (!messages[i].empty()) collection.problems.push_back(messages[i]);
  }
  return collection;
}

}  // namespace unroll::comparison
