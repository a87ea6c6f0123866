#include "plugin_template.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/installation.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/manifest.hpp>

namespace unroll::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLongestName = 40;

using Words = std::array<std::pair<std::string, std::string>, 5>;

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "min_p" -> "MinP".
std::string camel_case(const std::string& name) {
  std::string camel;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') camel += begins && is_letter(c) ? static_cast<char>(c - 'a' + 'A') : c;
    begins = c == '_';
  }
  return camel;
}

std::string filled_in(std::string text, const Words& words) {
  for (const auto& [placeholder, word] : words) {
    for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos;) {
      text.replace(at, placeholder.size(), word);
      at += word.size();
    }
  }
  return text;
}

/// Where find_package(unroll) would find this build or installation.
fs::path prefix_of_this_unroll() {
  const fs::path shared = shared_file("templates");  // in a build a link to the source tree
  for (fs::path folder = framework_library().parent_path(); folder != folder.root_path();
       folder = folder.parent_path()) {
    std::error_code error;
    if (fs::equivalent(folder / "share/unroll/templates", shared, error)) return folder;
  }
  return {};
}

fs::path templates() {
  const fs::path folder = shared_file("templates");
  if (folder.empty())
    fail(Failure::run, "share/unroll/templates is missing from this installation of Unroll");
  return folder;
}

/// A folder that is gone again unless it is kept under another name.
class Unfinished {
 public:
  explicit Unfinished(fs::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) fail(Failure::data, "{}: cannot be made: {}", folder_.string(), error.message());
  }
  ~Unfinished() {
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  void keep_as(const fs::path& folder) const {
    std::error_code error;
    fs::rename(folder_, folder, error);  // fails where something is in the way
    if (error) fail(Failure::data, "{}: cannot be made: {}", folder.string(), error.message());
  }

 private:
  fs::path folder_;
};

}  // namespace

std::string class_name(const std::string& name, const std::string& kind) {
  return camel_case(name) + camel_case(kind);
}

void check_kind(const std::string& kind) {
  const std::vector<std::string> kinds(std::begin(kPluginKinds), std::end(kPluginKinds));
  if (std::ranges::find(kinds, kind) == kinds.end())
    fail(Failure::usage, "unknown kind of plugin '{}' (known: {}){}", kind, join(kinds),
         did_you_mean(kind, kinds));
}

void check_plugin_name(const std::string& kind, const std::string& name) {
  const auto bad = [&](const char* why) {
    fail(Failure::usage,
         "'{}' cannot name a plugin: {}; use lower case letters, digits and underscores, as in "
         "'{}'",
         name, why, kind == "cell" ? "leaky_unit" : "my_" + kind);
  };
  if (name.empty()) bad("it is empty");
  if (name.size() > kLongestName) bad("it is longer than 40 characters");
  if (!is_letter(name[0])) bad("it does not begin with a lower case letter");
  for (const char c : name)
    if (!is_letter(c) && !is_digit(c) && c != '_') bad("it has other characters");
  if (name.back() == '_' || name.find("__") != std::string::npos)
    bad("an underscore stands alone, between two others");
  // The framework's own classes that a plugin's file sees.
  const std::string made = class_name(name, kind);
  if (made == "FusedCell" || made == "ElementwiseOptimizer")
    fail(Failure::usage, "'{}' cannot name a {}: its class would be {}, which the framework has",
         name, kind, made);
}

std::vector<fs::path> write_plugin_folder(const std::string& kind, const std::string& name,
                                          const fs::path& parent) {
  const fs::path folder = parent / name;
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error)))
    fail(Failure::usage, "{}: exists already; choose another name, or another folder with --in",
         folder.string());
  const bool vowel = std::string_view("aeiou").find(kind[0]) != std::string_view::npos;
  const Words words{{{"plugin_name", name},
                     {"plugin_kind", kind},
                     {"plugin_article", vowel ? "An" : "A"},
                     {"PluginName", class_name(name, kind)},
                     {"unroll_prefix", prefix_of_this_unroll().string()}}};
  const Unfinished unfinished(parent / fmt::format(".{}.{}", name, ::getpid()));
  std::vector<fs::path> written;
  for (const char* from : {kind.c_str(), "common"}) {
    for (const auto& entry : fs::directory_iterator(templates() / from)) {
      const std::string file = filled_in(entry.path().filename().string(), words);
      write_file_atomically(parent / fmt::format(".{}.{}", name, ::getpid()) / file,
                            filled_in(read_file(entry.path()), words));
      written.push_back(folder / file);
    }
  }
  unfinished.keep_as(folder);
  std::ranges::sort(written, {}, [&](const fs::path& file) {
    return std::pair(file.filename() != name + ".cpp", file.string());
  });
  return written;
}

}  // namespace unroll::cli
