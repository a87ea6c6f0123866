#include <unroll/plugin/trust.hpp>

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

namespace unroll {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "UNROLL_TRUST_PLUGINS";
constexpr std::string_view kWayOut = ", or say --trust-plugins";

// Debian's OpenSSH decides alike: a group of the owner's own, without other members.
bool is_own_group(uid_t owner, gid_t group) {
  const passwd* user = ::getpwuid(owner);
  if (user == nullptr || user->pw_gid != group) return false;
  const std::string name = user->pw_name;
  const ::group* found = ::getgrgid(group);
  if (found == nullptr) return false;
  for (char** member = found->gr_mem; *member != nullptr; ++member) {
    if (*member != name) return false;
  }
  return true;
}

std::string mode_text(const struct stat& status) {
  return fmt::format("mode {:04o}", status.st_mode & 07777U);
}

std::string distrust_file(const fs::path& file, const struct stat& status) {
  const bool others = (status.st_mode & S_IWOTH) != 0;
  const bool group = (status.st_mode & S_IWGRP) != 0 && !is_own_group(status.st_uid, status.st_gid);
  if (!others && !group) return {};
  return fmt::format("{} may write it ({}): chmod go-w {}{}", others ? "everybody" : "its group",
                     mode_text(status), file.string(), kWayOut);
}

// Of each folder above: who may put something else in the place of what is next on the way down.
std::string distrust_folders(const fs::path& path) {
  struct stat inner {};
  if (::lstat(path.c_str(), &inner) != 0) return {};
  for (fs::path at = path; at.has_relative_path(); at = at.parent_path()) {
    const fs::path folder = at.parent_path();
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return {};
    if ((status.st_mode & S_IWOTH) != 0) {
      if ((status.st_mode & S_ISVTX) == 0) {
        return fmt::format("everybody may write its folder {} ({}): chmod o-w {}{}",
                           folder.string(), mode_text(status), folder.string(), kWayOut);
      }
      if (inner.st_uid != ::geteuid() && inner.st_uid != 0) {
        return fmt::format(
            "everybody may put files into {}, and {} belongs to user {}: move it to a folder of "
            "your own{}",
            folder.string(), at.string(), inner.st_uid, kWayOut);
      }
    }
    inner = status;
  }
  return {};
}

bool is_relative(std::string_view entry) {
  return !entry.starts_with('/') && !entry.starts_with("$ORIGIN") &&
         !entry.starts_with("${ORIGIN}");
}

}  // namespace

std::string distrust(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};  // reported where it is read
  std::string why = distrust_file(file, status);
  std::error_code error;
  const fs::path here = fs::absolute(file, error);
  if (why.empty()) why = distrust_folders(here);
  const fs::path there = fs::canonical(file, error);
  if (why.empty() && !error && there != here) why = distrust_folders(there);
  return why;
}

std::string search_through_current_folder(const ElfLibrary::Needs& needs) {
  for (const std::string& path : needs.search) {
    std::string_view rest = path;
    while (true) {
      const std::size_t colon = rest.find(':');
      const std::string_view entry = rest.substr(0, colon);
      if (is_relative(entry)) {
        return fmt::format(
            "its RPATH or RUNPATH '{}' has the {} entry '{}', for which the current folder would "
            "be searched: link it with absolute folders or $ORIGIN (CMake: "
            "BUILD_WITH_INSTALL_RPATH)",
            path, entry.empty() ? "empty" : "relative", entry);
      }
      if (colon == std::string_view::npos) break;
      rest.remove_prefix(colon + 1);
    }
  }
  for (const std::string& library : needs.libraries) {
    if (library.find('/') != std::string::npos && is_relative(library)) {
      return fmt::format(
          "it needs the library '{}', by a path that begins in the current folder: link it with "
          "that library's name (its soname) and an RPATH",
          library);
    }
  }
  return {};
}

bool plugins_are_trusted() {
  const char* value = std::getenv(kVariable);
  return value != nullptr && std::strcmp(value, "1") == 0;
}

void trust_plugins() {
  ::setenv(kVariable, "1", 1);
}

}  // namespace unroll
