// The user block: 512 bytes of text, padded with NUL, that say what follows.
//   UNROLLRUN 1\n
//   length 123456\n            bytes after the user block
//   sha256 <64 hex digits>\n   of those bytes
#include <charconv>
#include <fstream>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/results/run_layout.hpp>
#include <unroll/results/run_seal.hpp>

namespace unroll {
namespace {

constexpr std::string_view kMagic = "UNROLLRUN ";
constexpr std::string_view kHdf5Magic = "\x89HDF\r\n\x1a\n";
constexpr std::string_view kDigest = "\nsha256 ";

std::string first_bytes(const std::filesystem::path& path, std::size_t count) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(count, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

std::string user_block(std::uint64_t length, std::string_view digest) {
  std::string block =
      fmt::format("{}{}\nlength {}{}{}\n", kMagic, kRunFormatVersion, length, kDigest, digest);
  block.resize(kUserBlock, '\0');
  return block;
}

/// The number after `key`, which must stand at `position`; advances past it.
std::uint64_t number_after(std::string_view block, std::string_view key, std::size_t& position,
                           const std::string& name) {
  std::uint64_t value = 0;
  if (block.substr(position, key.size()) == key) {
    const char* from = block.data() + position + key.size();
    const auto [end, problem] = std::from_chars(from, block.data() + block.size(), value);
    position = static_cast<std::size_t>(end - block.data());
    if (problem == std::errc() && end != from) return value;
  }
  fail(Failure::data, "{}: is damaged (its first 512 bytes make no sense); restore it from a copy",
       name);
}

/// Checks everything that the first bytes and the size can tell.
void check_start(std::string_view start, std::uint64_t size, const std::string& name) {
  if (size == 0) fail(Failure::data, "{}: is empty; give a run file written by runexp", name);
  if (!start.starts_with(kMagic)) {
    const bool hdf5 = start.starts_with(kHdf5Magic);
    fail(Failure::data, "{}: is not an Unroll run file{}; give a run file written by runexp", name,
         hdf5 ? " but another program's HDF5 file" : "");
  }
  std::size_t position = 0;
  const std::uint64_t version = number_after(start, kMagic, position, name);
  if (version > static_cast<std::uint64_t>(kRunFormatVersion))
    fail(Failure::data,
         "{}: has run file version {}, but this Unroll reads up to version {}; use a newer Unroll",
         name, version, kRunFormatVersion);
  if (start.size() < kUserBlock)
    fail(Failure::data, "{}: is truncated ({} bytes are left); restore it from a copy", name, size);
  const std::uint64_t length = number_after(start, "\nlength ", position, name);
  if (size - kUserBlock < length)
    fail(Failure::data, "{}: is truncated ({} of {} bytes are left); restore it from a copy", name,
         size, length + kUserBlock);
  if (start != user_block(size - kUserBlock, seal_of(start)))
    fail(Failure::data,
         "{}: is damaged (its first 512 bytes do not fit the rest); restore it from a copy", name);
}

}  // namespace

void seal(std::string& bytes) {
  const std::string_view rest = std::string_view(bytes).substr(kUserBlock);
  bytes.replace(0, kUserBlock, user_block(rest.size(), sha256(rest)));
}

std::string seal_of(std::string_view bytes) {
  const std::size_t at = bytes.substr(0, kUserBlock).find(kDigest);
  return at == std::string_view::npos ? std::string()
                                      : std::string(bytes.substr(at + kDigest.size(), 64));
}

std::string seal_of_file(const std::filesystem::path& path) {
  return seal_of(first_bytes(path, kUserBlock));
}

std::string read_sealed(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code problem;
  // Only regular files have a size; read_file names what is wrong with the others.
  const std::uint64_t size = std::filesystem::file_size(path, problem);
  // What is foreign is refused before all of it is read. Whether a run file is whole cannot be told
  // yet: a writer may replace it between a look at its size and one at its beginning.
  if (const std::string start = first_bytes(path, kUserBlock);
      !problem && !start.starts_with(kMagic))
    check_start(start, size, name);
  std::string bytes = read_file(path);
  check_start(std::string_view(bytes).substr(0, kUserBlock), bytes.size(), name);
  if (sha256(std::string_view(bytes).substr(kUserBlock)) != seal_of(bytes))
    fail(Failure::data, "{}: is damaged (its checksum does not match); restore it from a copy",
         name);
  return bytes;
}

bool looks_like_run(const std::filesystem::path& path) {
  return first_bytes(path, kMagic.size()) == kMagic;
}

}  // namespace unroll
