#include <unroll/model/text_file.hpp>

#include <algorithm>
#include <fstream>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/model/corpus.hpp>
#include <unroll/model/text_check.hpp>

namespace unroll {
namespace fs = std::filesystem;
namespace {

/// Does `name` fit a pattern of `*` (any characters) and `?` (any one)?
bool fits(std::string_view name, std::string_view pattern) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*')
    return fits(name, pattern.substr(1)) || (!name.empty() && fits(name.substr(1), pattern));
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         fits(name.substr(1), pattern.substr(1));
}

}  // namespace

std::vector<fs::path> find_files(const std::string& pattern) {
  const fs::path path = pattern;
  if (fs::is_regular_file(path)) return {path};
  std::vector<fs::path> found = {fs::path()};
  for (const fs::path& part : path) {
    std::vector<fs::path> longer;
    for (const fs::path& begun : found) {
      if (part.string().find_first_of("*?") == std::string::npos) {
        longer.push_back(begun / part);
        continue;
      }
      std::error_code error;
      const fs::path folder = begun.empty() ? fs::path(".") : begun;
      for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (fits(it->path().filename().string(), part.string()))
          longer.push_back(begun / it->path().filename());
    }
    found = std::move(longer);
  }
  std::erase_if(found, [](const fs::path& file) { return !fs::is_regular_file(file); });
  std::sort(found.begin(), found.end());
  if (!found.empty()) return found;
  fail(Failure::data, "{}: {} (relative paths begin at {})", pattern,
       fs::is_directory(path) ? "is a folder, not a text" : "no such file",
       fs::current_path().string());
}

void check_text(std::string_view text, const fs::path& path) {
  if (text.empty()) fail(Failure::data, "{}: is empty", path.string());
  if (const std::size_t nul = text.find('\0'); nul != std::string::npos)
    fail(Failure::data, "{}: is binary, not text (NUL at byte offset {})", path.string(), nul);
  if (const auto at = first_invalid_utf8(text))
    fail(Failure::data,
         "{}: is not UTF-8 at byte offset {} (0x{:02X}); convert it, for example with "
         "iconv -f latin1 -t utf-8",
         path.string(), *at, static_cast<unsigned char>(text[*at]));
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  for (std::size_t size = 0; file;) {
    text.resize(size + kBlock);
    file.read(text.data() + size, kBlock);
    text.resize(size += static_cast<std::size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) fail(Failure::data, "{}: cannot be read", path.string());
  check_text(text, path);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

std::vector<fs::path> find_data(const std::vector<std::string>& corpus,
                                const std::vector<std::string>& files, const char* dataset) {
  std::vector<fs::path> paths;
  for (const std::string& name : corpus)
    for (fs::path& path : find_corpus(name)) paths.push_back(std::move(path));
  for (const std::string& pattern : files)
    for (fs::path& path : find_files(pattern)) paths.push_back(std::move(path));
  if (paths.empty()) fail(Failure::usage, "data: the {} dataset needs a corpus or files", dataset);
  return paths;
}

}  // namespace unroll
