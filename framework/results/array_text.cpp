#include <unroll/results/array_text.hpp>

#include <fmt/format.h>

#include <cctype>

#include <unroll/core/error.hpp>

namespace unroll::detail {

std::string escape_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\\')
      result += "\\\\";
    else if (byte == 0 || byte >= 0x80)
      result += fmt::format("\\x{:02x}", byte);
    else
      result += c;
  }
  return result;
}

std::string unescape_text(const std::string& text, const std::string& file,
                          const std::string& where) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      result += text[++i];
    } else if (i + 3 < text.size() && text[i + 1] == 'x' && std::isxdigit(text[i + 2] & 0xff) &&
               std::isxdigit(text[i + 3] & 0xff)) {
      result += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      fail(Failure::data, "{}: {} has a bad escape in '{}'", file, where, text);
    }
  }
  return result;
}

std::string values_as_text(const Array& array) {
  return std::visit([](const auto& values) { return fmt::format("{}", fmt::join(values, ", ")); },
                    array.values);
}

void finish_dataset(Array& array, const Archive& attributes, const std::string& file,
                    const std::string& where) {
  for (const auto& [name, value] : attributes.entries())
    array.attributes[name] = values_as_text(value);
  auto* texts = std::get_if<std::vector<std::string>>(&array.values);
  if (texts && array.attributes.erase(kEscaped) > 0)
    for (std::string& text : *texts) text = unescape_text(text, file, where);
}

}  // namespace unroll::detail
