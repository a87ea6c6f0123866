// Archive: named arrays and texts, the form in which every part of a run saves what it must
// remember. The results room writes an archive to HDF5 and reads it back without knowing whose.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace unroll {

/// A dense row-major array of one type. A scalar has an empty shape and one value.
struct Array {
  using Values =
      std::variant<std::vector<float>, std::vector<double>, std::vector<std::int32_t>,
                   std::vector<std::int64_t>, std::vector<std::uint8_t>, std::vector<std::string>>;

  std::vector<std::int64_t> shape;
  Values values;
  /// Free text about the array, e.g. {"axes": "input,gates*hidden"}, {"gates": "i,f,g,o"}.
  std::map<std::string, std::string> attributes;
};

/// "[3, 4]".
std::string shape_text(std::span<const std::int64_t> shape);

/// Named arrays. A name may hold slashes, which become groups in a run file.
class Archive {
 public:
  void put(std::string name, Array array);
  void put(std::string name, double value);
  void put(std::string name, std::int64_t value);
  void put(std::string name, std::string value);

  bool has(std::string_view name) const;
  /// Throws Error(data) naming what is missing or of another type.
  const Array& array(std::string_view name) const;
  double number(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  const std::string& text(std::string_view name) const;

  /// Everything below `prefix/`, with the prefix removed.
  Archive below(std::string_view prefix) const;
  /// Adds everything of `other` under `prefix/`.
  void merge(std::string_view prefix, const Archive& other);

  const std::map<std::string, Array, std::less<>>& entries() const noexcept { return entries_; }

 private:
  std::map<std::string, Array, std::less<>> entries_;
};

}  // namespace unroll
