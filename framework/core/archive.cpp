#include <unroll/core/archive.hpp>

#include <fmt/ranges.h>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

// The single value of a scalar array of type T, or nullptr.
template <typename T>
const T* single(const Array& array) {
  const auto* values = std::get_if<std::vector<T>>(&array.values);
  return values && values->size() == 1 ? &values->front() : nullptr;
}

}  // namespace

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

void Archive::put(std::string name, Array array) {
  entries_.insert_or_assign(std::move(name), std::move(array));
}

void Archive::put(std::string name, double value) {
  put(std::move(name), Array{{}, std::vector<double>{value}, {}});
}

void Archive::put(std::string name, std::int64_t value) {
  put(std::move(name), Array{{}, std::vector<std::int64_t>{value}, {}});
}

void Archive::put(std::string name, std::string value) {
  put(std::move(name), Array{{}, std::vector<std::string>{std::move(value)}, {}});
}

bool Archive::has(std::string_view name) const {
  return entries_.find(name) != entries_.end();
}

const Array& Archive::array(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.push_back(entry.first);
  fail(Failure::data, "the saved state lacks '{}'{}", name, did_you_mean(name, names));
}

double Archive::number(std::string_view name) const {
  const Array& found = array(name);
  if (const auto* value = single<double>(found)) return *value;
  if (const auto* value = single<float>(found)) return static_cast<double>(*value);
  return static_cast<double>(integer(name));
}

std::int64_t Archive::integer(std::string_view name) const {
  const Array& found = array(name);
  if (const auto* value = single<std::int64_t>(found)) return *value;
  if (const auto* value = single<std::int32_t>(found)) return *value;
  if (const auto* value = single<std::uint8_t>(found)) return *value;
  fail(Failure::data, "the saved '{}' is not a single number of the type that is expected", name);
}

const std::string& Archive::text(std::string_view name) const {
  if (const auto* value = single<std::string>(array(name))) return *value;
  fail(Failure::data, "the saved '{}' is not a single text", name);
}

Archive Archive::below(std::string_view prefix) const {
  const std::string start = std::string(prefix) + "/";
  Archive out;
  for (auto entry = entries_.lower_bound(start);
       entry != entries_.end() && entry->first.starts_with(start); ++entry) {
    out.put(entry->first.substr(start.size()), entry->second);
  }
  return out;
}

void Archive::merge(std::string_view prefix, const Archive& other) {
  for (const auto& [name, array] : other.entries_) put(fmt::format("{}/{}", prefix, name), array);
}

}  // namespace unroll
