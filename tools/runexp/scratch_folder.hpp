// A folder of this process in the system's place for temporary files, gone with its owner.
#pragma once

#include <filesystem>
#include <string_view>

namespace unroll::cli {

class ScratchFolder {
 public:
  /// Throws Error(data) where none can be made.
  explicit ScratchFolder(std::string_view purpose);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace unroll::cli
