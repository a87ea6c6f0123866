#include "scratch_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <unroll/core/error.hpp>

namespace unroll::cli {

namespace fs = std::filesystem;

ScratchFolder::ScratchFolder(std::string_view purpose) {
  std::error_code problem;
  const fs::path place = fs::temp_directory_path(problem);
  if (problem) fail(Failure::data, "no temporary folder: {}; TMPDIR names one", problem.message());
  std::string name = (place / ("unroll-" + std::string(purpose) + "-XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr)
    fail(Failure::data, "{}: cannot be made: {}; TMPDIR names another place", name,
         std::strerror(errno));
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace unroll::cli
