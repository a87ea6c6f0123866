#include <unroll/model/corpus.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <unroll/core/command.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/installation.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool may_fetch() {
  const std::string forbidden = variable("UNROLL_NO_FETCH");
  return forbidden.empty() || forbidden == "0";
}

/// The visible files of a folder, sorted; none where there is no such folder.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->is_regular_file() && !it->path().filename().string().starts_with('.'))
      found.push_back(it->path());
  std::sort(found.begin(), found.end());
  return found;
}

/// What is there under this name; a file's extension may be left out.
std::vector<fs::path> look_up(const std::string& name) {
  const fs::path path = data_folder() / name;
  if (fs::is_regular_file(path)) return {path};
  if (fs::is_directory(path)) return files_in(path);
  for (const fs::path& file : files_in(path.parent_path()))
    if (file.stem() == path.filename()) return {file};
  return {};
}

/// A name and perhaps a file, of which none is hidden and none leads out of the folder.
void check_name(const std::string& name) {
  const std::size_t slash = name.find('/');
  const auto plain = [](std::string_view part) {
    return !part.empty() && part[0] != '.' && part[0] != '-' &&
           part.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
  };
  if (!plain(std::string_view(name).substr(0, slash)) ||
      (slash != std::string::npos && !plain(std::string_view(name).substr(slash + 1))))
    fail(Failure::data,
         "corpus '{}': not the name of a data set, such as austen, or of a file in one, such as "
         "austen/emma; other files are given by their path",
         name);
}

/// Has get-data fetch a set. Its complaints, which name themselves, become the Error.
void fetch(const std::string& name, const std::string& set, const fs::path& tool) {
  constexpr std::string_view kComplaint = "get-data: ";
  fmt::print(stderr, "corpus '{}' is not in {} yet; fetching it\n", name, data_folder().string());
  std::vector<std::string> complaints;
  const int status = run_command({tool.string(), "--", set}, [&](const std::string& line) {
    if (line.starts_with(kComplaint))
      complaints.push_back(line.substr(kComplaint.size()));
    else
      fmt::print(stderr, "{}\n", line);
  });
  if (status != 0)
    fail(Failure::data, "corpus '{}' cannot be fetched: {}", name,
         complaints.empty() ? fmt::format("{} ended with status {}", tool.string(), status)
                            : join(complaints, "; "));
}

}  // namespace

fs::path data_folder() {
  if (const std::string folder = variable("UNROLL_DATA"); !folder.empty()) return folder;
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "unroll" / "data";
  return fs::path(variable("HOME")) / ".cache" / "unroll" / "data";
}

std::vector<fs::path> find_corpus(const std::string& name) {
  check_name(name);
  const std::string set = name.substr(0, name.find('/'));
  const std::string folder = data_folder().string();
  if (auto found = look_up(name); !found.empty()) return found;

  const auto there = files_in(data_folder() / set);
  if (there.empty()) {
    const fs::path tool = shared_file("get-data");
    if (!may_fetch() || tool.empty())
      fail(Failure::data, "corpus '{}' is not in {}{}; fetch it with: {} {}", name, folder,
           tool.empty() ? "" : ", and fetching is forbidden (--no-fetch or UNROLL_NO_FETCH)",
           tool.empty() ? "tools/get-data" : tool.string(), set);
    fetch(name, set, tool);
    if (auto found = look_up(name); !found.empty()) return found;
  }
  std::vector<std::string> near;
  for (const fs::path& file : files_in(data_folder() / set))
    near.push_back(set + "/" + file.stem().string());
  fail(Failure::data, "corpus '{}' is not in {}{} (there: {})", name, folder,
       did_you_mean(name, near), near.empty() ? "nothing" : join(near));
}

}  // namespace unroll
