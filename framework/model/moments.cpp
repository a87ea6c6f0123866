#include <unroll/model/moments.hpp>

#include <unroll/core/error.hpp>

namespace unroll {

Moments::Moments(std::vector<std::string> names) : names_(std::move(names)) {
  values_.resize(names_.size());
}

std::span<float> Moments::get(std::size_t index, std::size_t size) {
  std::vector<float>& values = values_.at(index);
  if (values.empty()) values.assign(size, 0.0f);
  if (values.size() != size)
    fail(Failure::data, "optimizer state '{}' is of {} weights; the model has {}", names_[index],
         values.size(), size);
  return values;
}

Archive Moments::save() const {
  Archive archive;
  for (std::size_t i = 0; i < names_.size(); ++i)
    archive.put(names_[i], Array{{static_cast<std::int64_t>(values_[i].size())}, values_[i], {}});
  return archive;
}

void Moments::restore(const Archive& archive) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto* values = std::get_if<std::vector<float>>(&archive.array(names_[i]).values);
    if (values == nullptr)
      fail(Failure::data, "optimizer state '{}' is not of type float32", names_[i]);
    values_[i] = *values;
  }
}

}  // namespace unroll
