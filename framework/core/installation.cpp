#include <unroll/core/installation.hpp>

#include <dlfcn.h>

#include <cstdlib>
#include <initializer_list>
#include <system_error>

namespace unroll {

namespace fs = std::filesystem;

fs::path framework_library() {
  Dl_info found{};
  ::dladdr(reinterpret_cast<const void*>(&framework_library), &found);
  return fs::canonical(found.dli_fname);
}

namespace {

/// The first of these folders of the prefix that has such a file.
fs::path installed(std::initializer_list<const char*> folders, std::string_view name) {
  // The library is in lib, lib64 or lib/ARCHITECTURE of the same prefix.
  const fs::path libraries = framework_library().parent_path();
  for (const fs::path& prefix : {libraries.parent_path(), libraries.parent_path().parent_path()}) {
    for (const char* folder : folders) {
      const fs::path file = prefix / folder / name;
      std::error_code error;
      if (fs::exists(file, error)) return fs::canonical(file);
    }
  }
  return {};
}

}  // namespace

fs::path shared_file(std::string_view name) {
  return installed({"share/unroll"}, name);
}

fs::path helper_program(std::string_view name) {
  return installed({"libexec/unroll", "bin"}, name);
}

fs::path user_folder(std::string_view name) {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data != '\0') return fs::path(data) / "unroll" / name;
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return fs::path(home) / ".local" / "share" / "unroll" / name;
}

}  // namespace unroll
