#include <unroll/plugin/elf.hpp>

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>
#include <vector>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr std::uint16_t kMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr std::uint16_t kMachine = EM_PPC64;
#endif

// A file of known size; every read is checked against it.
class Bytes {
 public:
  explicit Bytes(const std::filesystem::path& file) : file_(file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
      fail(Failure::plugin, "{}: not a plugin: {}", file.string(),
           error ? error.message() : "not a regular file");
    }
    size_ = std::filesystem::file_size(file, error);
    stream_.open(file, std::ios::binary);
    if (error || !stream_) fail(Failure::plugin, "{}: cannot be read", file.string());
  }

  std::uint64_t size() const noexcept { return size_; }
  bool holds(std::uint64_t offset, std::uint64_t length) const noexcept {
    return offset <= size_ && length <= size_ - offset;
  }

  void read(std::uint64_t offset, std::uint64_t length, void* into, const char* what) {
    if (!holds(offset, length)) truncated(offset, length, what);
    stream_.seekg(static_cast<std::streamoff>(offset));
    stream_.read(static_cast<char*>(into), static_cast<std::streamsize>(length));
    if (!stream_) fail(Failure::plugin, "{}: cannot be read", file_.string());
  }

  [[noreturn]] void truncated(std::uint64_t offset, std::uint64_t length, const char* what) const {
    fail(Failure::plugin,
         "{}: truncated or damaged library: its {} should be {} bytes at byte {}, the file has {}",
         file_.string(), what, length, offset, size_);
  }

 private:
  const std::filesystem::path& file_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
};

Elf64_Ehdr read_header(Bytes& bytes, const std::string& file) {
  unsigned char identity[EI_NIDENT] = {};
  bytes.read(0, std::min<std::uint64_t>(bytes.size(), EI_NIDENT), identity, "header");
  if (std::memcmp(identity, ELFMAG, SELFMAG) != 0) {
    fail(Failure::plugin, "{}: not an ELF library{}", file,
         bytes.size() == 0 ? " (the file is empty)" : "");
  }
  Elf64_Ehdr header;
  bytes.read(0, sizeof header, &header, "header");
  if (identity[EI_CLASS] != ELFCLASS64 || identity[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    fail(Failure::plugin, "{}: a library for another processor (ELF machine {}, this is {})", file,
         header.e_machine, kMachine);
  }
  if (header.e_type != ET_DYN) fail(Failure::plugin, "{}: an ELF file but no library", file);
  return header;
}

// The loader maps the segments: all must be in the file.
void check_segments(Bytes& bytes, const Elf64_Ehdr& header, const std::string& file) {
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0) {
    fail(Failure::plugin, "{}: damaged library: no table of segments", file);
  }
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  bytes.read(header.e_phoff, segments.size() * sizeof(Elf64_Phdr), segments.data(),
             "table of segments");
  for (const auto& segment : segments) {
    if (!bytes.holds(segment.p_offset, segment.p_filesz)) {
      bytes.truncated(segment.p_offset, segment.p_filesz, "segment");
    }
  }
}

}  // namespace

std::optional<std::string> read_elf_section(const std::filesystem::path& path,
                                            std::string_view name, std::size_t most_bytes) {
  const std::string file = path.string();
  Bytes bytes(path);
  const Elf64_Ehdr header = read_header(bytes, file);
  check_segments(bytes, header, file);
  if (header.e_shnum == 0) return std::nullopt;
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= header.e_shnum) {
    fail(Failure::plugin, "{}: damaged library: no table of sections", file);
  }
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  bytes.read(header.e_shoff, sections.size() * sizeof(Elf64_Shdr), sections.data(),
             "table of sections");

  const Elf64_Shdr& names = sections[header.e_shstrndx];
  if (!bytes.holds(names.sh_offset, names.sh_size)) {
    bytes.truncated(names.sh_offset, names.sh_size, "table of names");
  }
  std::string found(name.size() + 1, '\0');  // with the zero that ends a name
  for (const auto& section : sections) {
    if (section.sh_type == SHT_NOBITS || section.sh_name >= names.sh_size ||
        names.sh_size - section.sh_name < found.size()) {
      continue;
    }
    bytes.read(names.sh_offset + section.sh_name, found.size(), found.data(), "table of names");
    if (std::string_view(found.c_str()) != name || found.back() != '\0') continue;
    if (section.sh_size > most_bytes) {
      fail(Failure::plugin, "{}: its section {} has {} bytes, more than {}", file, name,
           section.sh_size, most_bytes);
    }
    std::string content(section.sh_size, '\0');
    bytes.read(section.sh_offset, section.sh_size, content.data(), "section");
    return content;
  }
  return std::nullopt;
}

}  // namespace unroll
