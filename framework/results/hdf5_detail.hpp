// Inside the HDF5 door, for hdf5*.cpp alone: handles that close themselves, errors with reasons.
#pragma once

#include <fmt/core.h>
#include <hdf5.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unroll/core/archive.hpp>
#include <unroll/core/error.hpp>

namespace unroll::detail {

/// Held by every public call; the first call also silences HDF5's own printing and forbids it to
/// load filter plugins.
std::unique_lock<std::recursive_mutex> hdf5_lock();

/// HDF5's innermost reason for the last failure; clears its error stack.
std::string hdf5_reason();

/// Throws Error(data): "run.h5: cannot <attempt>: <reason>".
[[noreturn]] void hdf5_fail(const std::string& file, const std::string& attempt);

/// Passes a non-negative result of HDF5 on and throws on a negative one.
template <typename Result>
Result checked(Result result, const std::string& file, const std::string& attempt) {
  if (result < 0) hdf5_fail(file, attempt);
  return result;
}

/// "a/b" -> {"a", "b"}.
std::vector<std::string> split_path(std::string_view path);
/// "a/b" -> "'/a/b'", for messages.
std::string place(std::string_view path);
/// A name for a file in memory: HDF5 takes open ones of equal names for one file, and refuses
/// names that exist. Call under the lock.
std::string memory_name();

/// An HDF5 identifier and the function that closes it.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const noexcept { return id_; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// A dataset or attribute with what its values need; `where` is used in messages.
struct Source {
  hid_t id;
  bool attribute;
  const std::string& file;
  std::string where;
  std::uint64_t most_bytes;  ///< what the file can account for
};

/// Is it of a type that Array can hold (number or string)?
bool readable(const Source& source);
/// Shape and values, sizes checked before anything is allocated.
Array read_values(const Source& source);

/// The file type of an array's values, and writing them to a new dataset or attribute.
Handle file_type(const Array& array);
Handle file_space(const Array& array, bool extendible, const std::string& file);
void write_values(hid_t id, bool attribute, const Array& array, const std::string& file,
                  const std::string& where);

}  // namespace unroll::detail
