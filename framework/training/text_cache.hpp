// TextCache: what was made of long texts, kept in files for the next run.
//
// An entry is one file, KEY.ids or KEY.vocabulary, whose key is the SHA-256 of all that its content
// follows from. Little-endian:
//
//   bytes 0 … 7      "unrolltx"
//   bytes 8 … 15     version of this layout: 1
//   bytes 16 … 23    length of the content in bytes
//   bytes 24 … 87    the key, in hexadecimal digits
//   bytes 88 … 151   checksum: SHA-256, in hexadecimal digits, of the bytes before and those of
//                    every 4 MiB of the content, one after another as digits
//   bytes 152 … 255  zero
//   the content
//
// An entry is written beside its place and renamed, so that it is there whole or not at all; what
// differs from its checksum, as after a power cut, is as if it were not there. Any number of
// processes may use a folder at once. Whoever removes an entry disturbs no run that reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <unroll/core/mapped_file.hpp>

namespace unroll {

/// SHA-256, in hexadecimal digits, of the SHA-256 of every 4 MiB of some bytes, which all threads
/// compute. `done` (may be empty) is called, from any of them, with each part that was read.
std::string digest_of(std::string_view bytes, const std::function<void(std::string_view)>& done);

class TextCache {
 public:
  struct Options {
    std::filesystem::path folder;                   ///< empty: nothing is kept
    std::uint64_t least = std::uint64_t{16} << 20;  ///< bytes of a text worth it
    std::uint64_t most = std::uint64_t{20} << 30;   ///< bytes of all entries
  };
  /// As the environment has it: $UNROLL_CACHE, or unroll/encoded in $XDG_CACHE_HOME or ~/.cache;
  /// none with UNROLL_NO_CACHE. $UNROLL_CACHE_LEAST and $UNROLL_CACHE_MOST are in MB. Throws
  /// Error(usage) for what is no number.
  static Options by_environment();

  explicit TextCache(Options options) : options_(std::move(options)) {}

  /// Is a text of so many bytes worth keeping?
  bool wants(std::uint64_t bytes) const {
    return !options_.folder.empty() && bytes >= options_.least;
  }

  /// An entry's content, aligned to 8 bytes and valid as long as the result; null if there is none.
  /// A damaged one is told of on standard error and removed.
  struct Entry {
    MappedFile file;
    std::string_view content;
  };
  std::shared_ptr<const Entry> find(const std::string& key, const char* kind) const;

  /// Writes an entry: `fill` is called with what takes its content, part by part. False where the
  /// folder or the disk do not allow it, which is told of on standard error. What `fill` throws
  /// passes. Removes the entries used least recently where all are more than they may be.
  using Append = std::function<void(std::string_view)>;
  bool put(const std::string& key, const char* kind,
           const std::function<void(const Append&)>& fill) const;

 private:
  std::filesystem::path place_of(const std::string& key, const char* kind) const;
  void make_room(const std::filesystem::path& newest) const;

  Options options_;
};

}  // namespace unroll
