#include "safetensors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include <unroll/core/error.hpp>

#include "element_type.hpp"

namespace unroll {
namespace {

constexpr std::size_t kLengthBytes = 8, kAlignment = 8;
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // as the reference implementation

using Json = nlohmann::ordered_json;

template <typename Stored>
std::vector<Stored> stored(std::string_view bytes) {
  std::vector<Stored> values(bytes.size() / sizeof(Stored));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Stored));
  return values;
}

float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

float from_half(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits} >> 15 << 31;
  const int exponent = bits >> 10 & 31;
  const std::uint32_t fraction = bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | fraction << 13);
  if (exponent == 0) {  // zero and subnormal numbers, multiples of 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | static_cast<std::uint32_t>(exponent + 112) << 23 |
                              fraction << 13);
}

template <typename Stored, typename Kept, typename Convert>
std::vector<Kept> converted(std::string_view bytes, Convert convert) {
  std::vector<Kept> values;
  for (const Stored value : stored<Stored>(bytes)) values.push_back(convert(value));
  return values;
}

struct Type {
  const char* name;
  std::size_t bytes;
  Array::Values (*read)(std::string_view);
};

/// A type of which Array has values.
template <typename Number>
constexpr Type kept() {
  return {kElementName<Number>.safetensors, sizeof(Number),
          [](std::string_view b) -> Array::Values { return stored<Number>(b); }};
}

constexpr Type kTypes[] = {
    kept<float>(),
    kept<double>(),
    kept<std::int32_t>(),
    kept<std::int64_t>(),
    kept<std::uint8_t>(),
    {"F16", 2,
     [](std::string_view b) -> Array::Values {
       return converted<std::uint16_t, float>(b, from_half);
     }},
    {"BF16", 2,
     [](std::string_view b) -> Array::Values {
       return converted<std::uint16_t, float>(b, from_bfloat16);
     }},
    {"I16", 2,
     [](std::string_view b) -> Array::Values {
       return converted<std::int16_t, std::int32_t>(b, [](auto i) { return std::int32_t{i}; });
     }},
    {"I8", 1,
     [](std::string_view b) -> Array::Values {
       return converted<std::int8_t, std::int32_t>(b, [](auto i) { return std::int32_t{i}; });
     }},
};

/// The number of elements, if it is one.
std::optional<std::uint64_t> count_of(const std::vector<std::int64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::int64_t dim : shape) {
    if (dim < 0) return std::nullopt;
    const auto factor = static_cast<std::uint64_t>(dim);
    if (factor != 0 && count > std::numeric_limits<std::uint64_t>::max() / factor)
      return std::nullopt;
    count *= factor;
  }
  return count;
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& name) : name_(name) {
    if (!looks_like_safetensors(bytes)) fail(Failure::data, "{}: is not a safetensors file", name);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), kLengthBytes);
    header_ = Json::parse(bytes.substr(kLengthBytes, length), nullptr, false);
    if (!header_.is_object()) fail(Failure::data, "{}: its header is no JSON object", name);
    data_ = bytes.substr(kLengthBytes + length);
  }

  Safetensors read() {
    Safetensors result;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces;
    for (const auto& [key, entry] : header_.items()) {
      if (key != "__metadata__") {
        tensor(key, entry, result.tensors, pieces);
        continue;
      }
      if (!entry.is_object()) damaged(key);
      for (const auto& [word, text] : entry.items()) {
        if (!text.is_string()) damaged(key);
        result.texts[word] = text.get<std::string>();
      }
    }
    std::ranges::sort(pieces);
    std::uint64_t end = 0;
    for (const auto& [from, to] : pieces) {
      if (from < end) fail(Failure::data, "{}: two of its tensors overlap", name_);
      end = to;
    }
    return result;
  }

 private:
  [[noreturn]] void damaged(const std::string& key) const {
    fail(Failure::data, "{}: its entry '{}' is damaged", name_, key);
  }

  void tensor(const std::string& key, const Json& entry, Archive& tensors,
              std::vector<std::pair<std::uint64_t, std::uint64_t>>& pieces) const {
    std::string type;
    std::vector<std::int64_t> shape;
    std::vector<std::uint64_t> offsets;
    try {
      entry.at("dtype").get_to(type);
      entry.at("shape").get_to(shape);
      entry.at("data_offsets").get_to(offsets);
    } catch (const Json::exception&) {
      damaged(key);
    }
    const auto count = count_of(shape);
    if (!count || offsets.size() != 2 || offsets[0] > offsets[1]) damaged(key);
    if (offsets[1] > data_.size())
      fail(Failure::data, "{}: is truncated: '{}' ends at byte {} of its data, which has {}", name_,
           key, offsets[1], data_.size());
    pieces.emplace_back(offsets[0], offsets[1]);
    const auto* found =
        std::ranges::find_if(kTypes, [&](const Type& known) { return type == known.name; });
    if (found == std::end(kTypes)) return;
    const std::uint64_t size = offsets[1] - offsets[0];
    if (*count > size || *count * found->bytes != size) damaged(key);
    tensors.put(key, Array{shape, found->read(data_.substr(offsets[0], size)), {}});
  }

  const std::string& name_;
  Json header_;
  std::string_view data_;
};

}  // namespace

std::string to_safetensors(const Archive& tensors,
                           const std::map<std::string, std::string>& texts) {
  Json header = Json::object();
  if (!texts.empty()) header["__metadata__"] = texts;
  std::string data;
  for (const auto& [name, array] : tensors.entries()) {
    const std::size_t begin = data.size();
    const char* type = append_numbers(array, data).safetensors;
    if (type == nullptr) fail(Failure::run, "'{}' holds texts, which are no tensor", name);
    header[name] = {
        {"dtype", type}, {"shape", array.shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string head = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  head.append((kAlignment - head.size() % kAlignment) % kAlignment, ' ');
  const auto length = static_cast<std::uint64_t>(head.size());
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  return bytes + head + data;
}

Safetensors from_safetensors(std::string_view bytes, const std::string& name) {
  return Reader(bytes, name).read();
}

bool looks_like_safetensors(std::string_view bytes) {
  if (bytes.size() <= kLengthBytes || bytes[kLengthBytes] != '{') return false;
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  return length <= std::min<std::uint64_t>(kMostHeaderBytes, bytes.size() - kLengthBytes);
}

}  // namespace unroll
