// What exchanged files call the types of an Array's numbers, and their bytes, which are an Array's.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

#include <unroll/core/archive.hpp>

namespace unroll {

static_assert(std::endian::native == std::endian::little);

struct ElementName {
  const char* npy;
  const char* safetensors;
};

template <typename T>
inline constexpr ElementName kElementName{nullptr, nullptr};  // texts
template <>
inline constexpr ElementName kElementName<float>{"<f4", "F32"};
template <>
inline constexpr ElementName kElementName<double>{"<f8", "F64"};
template <>
inline constexpr ElementName kElementName<std::int32_t>{"<i4", "I32"};
template <>
inline constexpr ElementName kElementName<std::int64_t>{"<i8", "I64"};
template <>
inline constexpr ElementName kElementName<std::uint8_t>{"|u1", "U8"};

/// Appends the bytes of an array's numbers; gives the name of their type, of texts null ones.
inline ElementName append_numbers(const Array& array, std::string& bytes) {
  return std::visit(
      [&](const auto& values) {
        using Number = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_arithmetic_v<Number>)
          if (!values.empty())
            bytes.append(reinterpret_cast<const char*>(values.data()),
                         values.size() * sizeof(Number));
        return kElementName<Number>;
      },
      array.values);
}

}  // namespace unroll
