#include <unroll/plugin/elf.hpp>

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

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

constexpr std::uint64_t kMostTable = 1 << 20;  // bytes of a table of names or of what is needed

// The text that begins there and ends with a zero or with the table.
std::string text_at(std::string_view table, std::uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = table.substr(offset);
  return std::string(rest.substr(0, rest.find('\0')));
}

}  // namespace

ElfLibrary::ElfLibrary(std::filesystem::path file) : file_(std::move(file)) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file_, error)) {
    fail(Failure::plugin, "{}: not a plugin: {}", file_.string(),
         error ? error.message() : "not a regular file");
  }
  size_ = std::filesystem::file_size(file_, error);
  stream_.open(file_, std::ios::binary);
  if (error || !stream_) fail(Failure::plugin, "{}: cannot be read", file_.string());

  unsigned char identity[EI_NIDENT] = {};
  read(0, std::min<std::uint64_t>(size_, EI_NIDENT), identity, "header");
  if (std::memcmp(identity, ELFMAG, SELFMAG) != 0) {
    fail(Failure::plugin, "{}: not an ELF library{}", file_.string(),
         size_ == 0 ? " (the file is empty)" : "");
  }
  Elf64_Ehdr header;
  read(0, sizeof header, &header, "header");
  if (identity[EI_CLASS] != ELFCLASS64 || identity[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    fail(Failure::plugin, "{}: a library for another processor (ELF machine {}, this is {})",
         file_.string(), header.e_machine, kMachine);
  }
  if (header.e_type != ET_DYN) {
    fail(Failure::plugin, "{}: an ELF file but no library", file_.string());
  }
  read_segments(header.e_phoff, header.e_phnum, header.e_phentsize);
  read_sections(header.e_shoff, header.e_shnum, header.e_shentsize, header.e_shstrndx);
}

bool ElfLibrary::holds(std::uint64_t offset, std::uint64_t length) const noexcept {
  return offset <= size_ && length <= size_ - offset;
}

void ElfLibrary::read(std::uint64_t offset, std::uint64_t length, void* into, const char* what) {
  if (!holds(offset, length)) truncated(offset, length, what);
  stream_.seekg(static_cast<std::streamoff>(offset));
  stream_.read(static_cast<char*>(into), static_cast<std::streamsize>(length));
  if (!stream_) fail(Failure::plugin, "{}: cannot be read", file_.string());
}

void ElfLibrary::truncated(std::uint64_t offset, std::uint64_t length, const char* what) const {
  fail(Failure::plugin,
       "{}: truncated or damaged library: its {} should be {} bytes at byte {}, the file has {}",
       file_.string(), what, length, offset, size_);
}

// The loader maps the segments: all must be in the file.
void ElfLibrary::read_segments(std::uint64_t offset, std::size_t count, std::size_t size) {
  if (size != sizeof(Elf64_Phdr) || count == 0) {
    fail(Failure::plugin, "{}: damaged library: no table of segments", file_.string());
  }
  std::vector<Elf64_Phdr> table(count);
  read(offset, count * sizeof(Elf64_Phdr), table.data(), "table of segments");
  for (const auto& segment : table) {
    if (!holds(segment.p_offset, segment.p_filesz)) {
      truncated(segment.p_offset, segment.p_filesz, "segment");
    }
    segments_.push_back({segment.p_type, segment.p_offset, segment.p_vaddr, segment.p_filesz});
  }
}

void ElfLibrary::read_sections(std::uint64_t offset, std::size_t count, std::size_t size,
                               std::size_t names) {
  if (count == 0) return;
  if (size != sizeof(Elf64_Shdr) || names >= count) {
    fail(Failure::plugin, "{}: damaged library: no table of sections", file_.string());
  }
  std::vector<Elf64_Shdr> table(count);
  read(offset, count * sizeof(Elf64_Shdr), table.data(), "table of sections");
  const Elf64_Shdr& place = table[names];
  if (place.sh_size > kMostTable) truncated(place.sh_offset, place.sh_size, "table of names");
  if (!holds(place.sh_offset, place.sh_size)) {
    truncated(place.sh_offset, place.sh_size, "table of names");
  }
  std::string text(place.sh_size, '\0');
  read(place.sh_offset, text.size(), text.data(), "table of names");
  for (const auto& section : table) {
    if (section.sh_type == SHT_NOBITS) continue;
    sections_.push_back({text_at(text, section.sh_name), section.sh_offset, section.sh_size});
  }
}

std::optional<std::string> ElfLibrary::section(std::string_view name, std::size_t most_bytes) {
  const auto found = std::ranges::find(sections_, name, &Section::name);
  if (found == sections_.end()) return std::nullopt;
  if (found->bytes > most_bytes) {
    fail(Failure::plugin, "{}: its section {} has {} bytes, more than {}", file_.string(), name,
         found->bytes, most_bytes);
  }
  std::string content(found->bytes, '\0');
  read(found->offset, found->bytes, content.data(), "section");
  return content;
}

// Through the segments, as the loader does: it reads no section.
ElfLibrary::Needs ElfLibrary::needs() {
  const auto dynamic = std::ranges::find(segments_, std::uint32_t{PT_DYNAMIC}, &Segment::type);
  if (dynamic == segments_.end()) return {};
  if (dynamic->bytes > kMostTable) truncated(dynamic->offset, dynamic->bytes, "dynamic segment");
  std::vector<Elf64_Dyn> table(dynamic->bytes / sizeof(Elf64_Dyn));
  read(dynamic->offset, table.size() * sizeof(Elf64_Dyn), table.data(), "dynamic segment");

  std::uint64_t address = 0, bytes = 0;
  for (const auto& entry : table) {
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_STRTAB) address = entry.d_un.d_ptr;
    if (entry.d_tag == DT_STRSZ) bytes = entry.d_un.d_val;
  }
  std::string text;
  for (const auto& segment : segments_) {
    if (segment.type != PT_LOAD || address < segment.address ||
        address - segment.address >= segment.bytes) {
      continue;
    }
    const std::uint64_t into = address - segment.address;
    text.resize(std::min({bytes, segment.bytes - into, kMostTable}));
    read(segment.offset + into, text.size(), text.data(), "table of dynamic names");
    break;
  }

  Needs needs;
  for (const auto& entry : table) {
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_NEEDED) needs.libraries.push_back(text_at(text, entry.d_un.d_val));
    if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) {
      needs.search.push_back(text_at(text, entry.d_un.d_val));
    }
  }
  return needs;
}

std::optional<std::string> read_elf_section(const std::filesystem::path& file,
                                            std::string_view name, std::size_t most_bytes) {
  return ElfLibrary(file).section(name, most_bytes);
}

}  // namespace unroll
