#include <unroll/model/npy_file.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <string_view>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>

namespace unroll {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";

struct Header {
  std::string type;  ///< "<f4"
  bool fortran = false;
  std::vector<std::int64_t> shape;
};

/// The header is the text of a Python dictionary with three keys, in any order.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Header read() {
    Header header;
    expect('{');
    int keys = 0;
    for (; !accept('}'); ++keys) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr")
        header.type = type();
      else if (key == "fortran_order")
        header.fortran = boolean();
      else if (key == "shape")
        header.shape = shape();
      else
        damaged();
      if (!accept(',') && peek() != '}') damaged();
    }
    if (keys != 3 || header.type.empty()) damaged();
    return header;
  }

 private:
  [[noreturn]] void damaged() const {
    fail(Failure::data, "{}: its NPY header is damaged at character {}", file_, at_);
  }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c || c == '\0') return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) damaged();
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') damaged();
    const std::size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) damaged();
    const std::string inside(text_.substr(at_, end - at_));
    at_ = end + 1;
    return inside;
  }
  std::string type() {
    if (peek() == '[')
      fail(Failure::data,
           "{}: holds records of several fields; save each field as an array of its own", file_);
    return quoted();
  }
  bool boolean() {
    peek();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return word == "True";
      }
    damaged();
  }
  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> dims;
    expect('(');
    while (!accept(')')) {
      peek();
      std::int64_t dim = 0;
      const auto [end, error] =
          std::from_chars(text_.data() + at_, text_.data() + text_.size(), dim);
      if (error != std::errc() || dim < 0) damaged();
      at_ = static_cast<std::size_t>(end - text_.data());
      dims.push_back(dim);
      if (!accept(',') && peek() != ')') damaged();
    }
    return dims;
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
};

/// Reads `count` numbers stored as Stored into the wider Kept.
template <typename Stored, typename Kept>
std::vector<Kept> numbers(std::string_view bytes, std::size_t count) {
  std::vector<Kept> values(count);
  if constexpr (std::is_same_v<Stored, Kept>) {
    if (count > 0) std::memcpy(values.data(), bytes.data(), count * sizeof(Stored));
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      Stored value;
      std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
      values[i] = static_cast<Kept>(value);
    }
  }
  return values;
}

struct NumberType {
  std::string_view name;  ///< without the byte order
  std::size_t bytes;
  Array::Values (*read)(std::string_view bytes, std::size_t count);
};

template <typename Stored, typename Kept>
constexpr NumberType number_type(std::string_view name) {
  return {name, sizeof(Stored), [](std::string_view bytes, std::size_t count) -> Array::Values {
            return numbers<Stored, Kept>(bytes, count);
          }};
}

constexpr NumberType kTypes[] = {
    number_type<float, float>("f4"),
    number_type<double, double>("f8"),
    number_type<std::int8_t, std::int32_t>("i1"),
    number_type<std::int16_t, std::int32_t>("i2"),
    number_type<std::int32_t, std::int32_t>("i4"),
    number_type<std::int64_t, std::int64_t>("i8"),
    number_type<std::uint8_t, std::uint8_t>("u1"),
};

const NumberType& type_of(const Header& header, const std::string& file) {
  const char order = header.type[0];
  const std::string_view name = std::string_view(header.type).substr(1);
  if (name == "O")
    fail(Failure::data,
         "{}: holds Python objects, which only Python can read and which may run code; save an "
         "array of numbers",
         file);
  if (order == '>')
    fail(Failure::data,
         "{}: is big-endian ({}); save it with numpy.save(FILE, array.astype('<{}'))", file,
         header.type, name);
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const NumberType& type) { return type.name == name; });
  if (found == std::end(kTypes) || (order != '<' && order != '|' && order != '='))
    fail(Failure::data,
         "{}: holds numbers of type '{}'; f4, f8, i1, i2, i4, i8 and u1 are read: save it with "
         "numpy.save(FILE, array.astype('<f4'))",
         file, header.type);
  return *found;
}

}  // namespace

Array read_npy(const std::filesystem::path& path) {
  return npy_from_bytes(read_file(path), path.string());
}

Array npy_from_bytes(std::string_view content, const std::string& file) {
  const auto byte = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(content[at]));
  };
  if (!content.starts_with(kMagic) || content.size() < 12)
    fail(Failure::data, "{}: is not an NPY file", file);
  const std::size_t major = byte(6);
  if (major < 1 || major > 3)
    fail(Failure::data, "{}: is of NPY format {}.{}; 1.0, 2.0 and 3.0 are read", file, major,
         byte(7));
  const std::size_t begin = major == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8;
  if (major > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > content.size() - begin)
    fail(Failure::data, "{}: is truncated within its header", file);
  const Header header = HeaderReader(content.substr(begin, length), file).read();
  const NumberType& type = type_of(header, file);
  if (header.fortran && header.shape.size() > 1)
    fail(Failure::data,
         "{}: is in Fortran order; save it with numpy.save(FILE, numpy.ascontiguousarray(array))",
         file);
  const std::string_view data = content.substr(begin + length);
  std::size_t count = 1;
  for (const std::int64_t dim : header.shape) {
    if (dim > 0 && count > data.size() / static_cast<std::size_t>(dim)) {
      count = data.size() + 1;  // more than there is
      break;
    }
    count *= static_cast<std::size_t>(dim);
  }
  if (count > data.size() || count * type.bytes != data.size())
    fail(Failure::data, "{}: {} bytes of numbers where its shape asks for {}", file, data.size(),
         count > data.size() ? "more" : std::to_string(count * type.bytes));
  return {header.shape, type.read(data, count), {}};
}

}  // namespace unroll
