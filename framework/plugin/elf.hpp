// An ELF library, read as bytes: nothing is mapped, loaded or run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// A shared library for this processor. Every offset is checked against the size of the file, so
/// that any bytes may be read safely. Everything throws Error(plugin) naming the file and what is
/// wrong with it.
class ElfLibrary {
 public:
  /// Also checks what the dynamic loader would not survive (a truncated library is a SIGBUS
  /// there): that all its segments are in the file.
  explicit ElfLibrary(std::filesystem::path file);

  /// The content of section `name`, or nothing if the library has no such section. Sections above
  /// `most_bytes` are refused.
  std::optional<std::string> section(std::string_view name, std::size_t most_bytes);

  /// Where the dynamic loader will look for what the library needs.
  struct Needs {
    std::vector<std::string> libraries;  ///< DT_NEEDED: names, or paths if they have a '/'
    std::vector<std::string> search;     ///< DT_RPATH and DT_RUNPATH, each as written: "a:b"
  };
  Needs needs();

 private:
  struct Segment {
    std::uint32_t type;
    std::uint64_t offset, address, bytes;
  };
  struct Section {
    std::string name;
    std::uint64_t offset, bytes;
  };
  bool holds(std::uint64_t offset, std::uint64_t length) const noexcept;
  void read(std::uint64_t offset, std::uint64_t length, void* into, const char* what);
  [[noreturn]] void truncated(std::uint64_t offset, std::uint64_t length, const char* what) const;
  void read_segments(std::uint64_t offset, std::size_t count, std::size_t size);
  void read_sections(std::uint64_t offset, std::size_t count, std::size_t size, std::size_t names);

  std::filesystem::path file_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
  std::vector<Segment> segments_;
  std::vector<Section> sections_;
};

/// The same for one section.
std::optional<std::string> read_elf_section(const std::filesystem::path& file,
                                            std::string_view name, std::size_t most_bytes = 4096);

}  // namespace unroll
