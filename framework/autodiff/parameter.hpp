// Parameter: one learnt tensor and its gradient, as the tape sees it. model/parameters.hpp owns
// them.
#pragma once

#include <cstdint>
#include <string>

#include <unroll/tensor/tensor.hpp>

namespace unroll {

/// What people need to read a weight: {"axes": "input, gates * hidden"}, {"gates": "i, f, g, o"}.
struct ParameterNotes {
  std::string axes;
  std::string gates;
};

/// One learnt tensor and its gradient. Its address is stable.
class Parameter {
 public:
  const std::string& name() const noexcept { return name_; }
  const Tensor& value() const noexcept { return value_; }
  Tensor& gradient() noexcept { return gradient_; }
  const Tensor& gradient() const noexcept { return gradient_; }
  const ParameterNotes& notes() const noexcept { return notes_; }
  std::int64_t size() const noexcept { return value_.size(); }

 private:
  friend class ParameterStore;
  std::string name_;
  Tensor value_, gradient_;
  ParameterNotes notes_;
};

}  // namespace unroll
