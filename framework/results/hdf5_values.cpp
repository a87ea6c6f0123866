// Values of HDF5 datasets and attributes to and from Array.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include <unroll/results/hdf5.hpp>
#include <unroll/results/hdf5_detail.hpp>

namespace unroll::detail {
namespace {

Handle type_of(const Source& s) {
  return {s.attribute ? H5Aget_type(s.id) : H5Dget_type(s.id), H5Tclose};
}

void read_raw(const Source& s, hid_t memory_type, void* to) {
  const herr_t done = s.attribute ? H5Aread(s.id, memory_type, to)
                                  : H5Dread(s.id, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
  checked(done, s.file, "read " + s.where);
}

template <typename T>
std::vector<T> read_numbers(const Source& s, hid_t memory_type, std::size_t count) {
  std::vector<T> values(count);
  if (count > 0) read_raw(s, memory_type, values.data());
  return values;
}

std::vector<std::int64_t> read_unsigned64(const Source& s, std::size_t count) {
  const auto wide = read_numbers<std::uint64_t>(s, H5T_NATIVE_UINT64, count);
  std::vector<std::int64_t> values;
  values.reserve(count);
  for (const std::uint64_t value : wide) {
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
      fail(Failure::data, "{}: {} holds {}, beyond 64-bit signed integers", s.file, s.where, value);
    values.push_back(static_cast<std::int64_t>(value));
  }
  return values;
}

std::vector<std::string> read_strings(const Source& s, hid_t type, hid_t space, std::size_t count) {
  std::vector<std::string> values;
  if (count == 0) return values;
  values.reserve(count);
  Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_cset(memory, H5Tget_cset(type));
  if (H5Tis_variable_str(type) > 0) {
    H5Tset_size(memory, H5T_VARIABLE);
    std::vector<char*> pointers(count, nullptr);
    read_raw(s, memory, pointers.data());
    for (const char* text : pointers) values.emplace_back(text ? text : "");
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, pointers.data());
    return values;
  }
  const std::size_t width = H5Tget_size(type);
  H5Tset_size(memory, width);
  H5Tset_strpad(memory, H5T_STR_NULLPAD);
  std::string bytes(width * count, '\0');
  read_raw(s, memory, bytes.data());
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = bytes.substr(i * width, width);
    text.resize(std::min(text.find('\0'), text.size()));
    values.push_back(std::move(text));
  }
  return values;
}

/// Shape of the data; refuses what the file's size cannot account for.
std::vector<std::int64_t> checked_shape(const Source& s, hid_t type, hid_t space,
                                        std::size_t& count) {
  const int rank =
      checked(H5Sget_simple_extent_ndims(space), s.file, "read the shape of " + s.where);
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  if (rank > 0) H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  const std::uint64_t limit = s.most_bytes;
  const bool empty = H5Sget_simple_extent_type(space) == H5S_NULL ||
                     std::find(extents.begin(), extents.end(), 0u) != extents.end();
  std::uint64_t bytes = std::max<std::size_t>(H5Tget_size(type), 1);
  std::vector<std::int64_t> shape;
  for (const hsize_t extent : extents) {
    if (extent > limit || (!empty && extent > limit / bytes))
      fail(Failure::data, "{}: {} claims to be larger than its file can hold; the file is damaged",
           s.file, s.where);
    if (!empty) bytes *= extent;
    shape.push_back(static_cast<std::int64_t>(extent));
  }
  if (H5Sget_simple_extent_type(space) == H5S_NULL) shape = {0};
  count = 1;
  for (const std::int64_t extent : shape)
    count = empty ? 0 : count * static_cast<std::size_t>(extent);
  return shape;
}

}  // namespace

bool readable(const Source& source) {
  const Handle type = type_of(source);
  const H5T_class_t kind = H5Tget_class(type);
  return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_STRING;
}

Array read_values(const Source& s) {
  const Handle type = type_of(s);
  const Handle space(s.attribute ? H5Aget_space(s.id) : H5Dget_space(s.id), H5Sclose);
  if (type < 0 || space < 0) hdf5_fail(s.file, "read " + s.where);
  Array array;
  std::size_t count = 0;
  array.shape = checked_shape(s, type, space, count);
  const std::size_t width = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      if (width <= sizeof(float))
        array.values = read_numbers<float>(s, H5T_NATIVE_FLOAT, count);
      else
        array.values = read_numbers<double>(s, H5T_NATIVE_DOUBLE, count);
      return array;
    case H5T_INTEGER: {
      const bool negative = H5Tget_sign(type) != H5T_SGN_NONE;
      if (!negative && width == 1)
        array.values = read_numbers<std::uint8_t>(s, H5T_NATIVE_UINT8, count);
      else if (width < 4 || (width == 4 && negative))
        array.values = read_numbers<std::int32_t>(s, H5T_NATIVE_INT32, count);
      else if (negative || width == 4)
        array.values = read_numbers<std::int64_t>(s, H5T_NATIVE_INT64, count);
      else
        array.values = read_unsigned64(s, count);
      return array;
    }
    case H5T_STRING:
      array.values = read_strings(s, type, space, count);
      return array;
    default:
      fail(Failure::data, "{}: {} is neither numbers nor text", s.file, s.where);
  }
}

namespace {

template <typename T>
std::pair<hid_t, hid_t> number_types();  // in the file, in memory
template <>
std::pair<hid_t, hid_t> number_types<float>() {
  return {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT};
}
template <>
std::pair<hid_t, hid_t> number_types<double>() {
  return {H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE};
}
template <>
std::pair<hid_t, hid_t> number_types<std::int32_t>() {
  return {H5T_STD_I32LE, H5T_NATIVE_INT32};
}
template <>
std::pair<hid_t, hid_t> number_types<std::int64_t>() {
  return {H5T_STD_I64LE, H5T_NATIVE_INT64};
}
template <>
std::pair<hid_t, hid_t> number_types<std::uint8_t>() {
  return {H5T_STD_U8LE, H5T_NATIVE_UINT8};
}

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

template <typename Values>
using Element = typename std::decay_t<Values>::value_type;

}  // namespace

Handle file_type(const Array& array) {
  return std::visit(
      [](const auto& values) -> Handle {
        using T = Element<decltype(values)>;
        if constexpr (std::is_same_v<T, std::string>)
          return string_type();
        else
          return {H5Tcopy(number_types<T>().first), H5Tclose};
      },
      array.values);
}

Handle file_space(const Array& array, bool extendible, const std::string& file) {
  const std::size_t held =
      std::visit([](const auto& values) { return values.size(); }, array.values);
  std::size_t needed = 1;
  for (const std::int64_t extent : array.shape) needed *= static_cast<std::size_t>(extent);
  if (held != needed)
    fail(Failure::run, "{}: an array of {} values was given a shape of {}", file, held, needed);
  if (array.shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> extents(array.shape.begin(), array.shape.end());
  std::vector<hsize_t> most = extents;
  if (extendible) most[0] = H5S_UNLIMITED;
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), most.data()),
          H5Sclose};
}

void write_values(hid_t id, bool attribute, const Array& array, const std::string& file,
                  const std::string& where) {
  const auto write = [&](hid_t type, const void* from) {
    checked(attribute ? H5Awrite(id, type, from)
                      : H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, from),
            file, "write " + where);
  };
  std::visit(
      [&](const auto& values) {
        using T = Element<decltype(values)>;
        if (values.empty()) return;
        if constexpr (std::is_same_v<T, std::string>) {
          std::vector<const char*> pointers;
          for (const std::string& value : values) pointers.push_back(value.c_str());
          write(string_type(), pointers.data());
        } else {
          write(number_types<T>().second, values.data());
        }
      },
      array.values);
}

}  // namespace unroll::detail

namespace unroll {
namespace {

template <typename T>
std::vector<T> convert(const Array& array) {
  return std::visit(
      [](const auto& values) -> std::vector<T> {
        using From = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<From, std::string>) {
          fail(Failure::data, "numbers were expected, but the array holds text");
        } else {
          std::vector<T> converted(values.size());
          std::transform(values.begin(), values.end(), converted.begin(),
                         [](From value) { return static_cast<T>(value); });
          return converted;
        }
      },
      array.values);
}

}  // namespace

std::vector<float> as_floats(const Array& array) {
  return convert<float>(array);
}
std::vector<double> as_doubles(const Array& array) {
  return convert<double>(array);
}
std::vector<std::int64_t> as_integers(const Array& array) {
  return convert<std::int64_t>(array);
}

}  // namespace unroll
