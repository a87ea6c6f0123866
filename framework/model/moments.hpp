// Moments: what an optimizer remembers of every weight from one step to the next.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <unroll/core/archive.hpp>

namespace unroll {

/// Averages that an optimizer keeps for every weight, by name.
class Moments {
 public:
  explicit Moments(std::vector<std::string> names);
  std::size_t count() const noexcept { return names_.size(); }
  /// Zero-filled when first asked for; `size` is that of the arena and never changes.
  std::span<float> get(std::size_t index, std::size_t size);
  Archive save() const;
  /// Throws Error(data) when the archive lacks one of the names.
  void restore(const Archive& archive);

 private:
  std::vector<std::string> names_;
  std::vector<std::vector<float>> values_;
};

}  // namespace unroll
