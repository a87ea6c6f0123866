// Anomalies: with detection on, every tape stops at the first NaN or infinity that an operation
// computes, forward or backward, and says which operation, where, and of what. Off, which it is by
// default, an operation costs one look at a flag.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <unroll/tensor/tensor.hpp>

namespace unroll {

/// On for every graph of this process. What is found is thrown as Error(diverged).
void detect_anomalies(bool on) noexcept;
bool detecting_anomalies() noexcept;

/// What is being done from now on, with which messages begin: "step 12".
void anomalies_arise_in(std::string what);

/// Throws Error(diverged), "step 12: `what` is NaN at [3, 1] of [8, 4]", unless all numbers are
/// finite. Integers always are.
void require_finite(const Tensor& tensor, std::string_view what);

namespace detail {

/// "NaN at [3, 1] of [8, 4] (2 of 32 numbers are not finite)"; empty if all are.
std::string anomaly_of(const Tensor& tensor);
[[noreturn]] void throw_anomaly(const std::string& text);

/// The calls that led to an operation, as addresses: cheap to keep, to be named only if they must.
struct OperationCalls {
  std::array<void*, 24> addresses{};
  int count = 0;

  static OperationCalls here();
  /// "matmul", by the framework's function that was called; "an operation" if it cannot be told.
  std::string operation() const;
  /// ", called by /…/cell_mgu.so in Cell::step": as much as is known.
  std::string caller() const;
};

}  // namespace detail
}  // namespace unroll
