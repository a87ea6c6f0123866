#include <unroll/autodiff/tape_anomalies.hpp>

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace unroll::detail {
namespace {

// While anomalies are looked for: where each operation of a tape was asked for.
std::vector<OperationCalls>& calls_of(const Graph& graph) {
  thread_local std::unordered_map<const Graph*, std::vector<OperationCalls>> calls;
  return calls[&graph];
}

// "'U' [24, 96]".
std::string text_of(const Operand& operand) {
  const std::string shape = operand.value.shape().text();
  return operand.parameter == nullptr ? shape
                                      : fmt::format("'{}' {}", operand.parameter->name(), shape);
}

// "[8, 24] and 'U' [24, 96]".
std::string text_of(std::span<const Operand> operands) {
  std::string text;
  for (const Operand& operand : operands) {
    if (!text.empty()) text += " and ";
    text += text_of(operand);
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

void check_forward(std::span<const Operand> results, std::span<const Operand> operands) {
  for (const Operand& result : results) {
    const std::string found = anomaly_of(result.value);
    if (found.empty()) continue;
    const auto calls = OperationCalls::here();
    throw_anomaly(fmt::format("forward: {} of {} gave {}{}", calls.operation(), text_of(operands),
                              found, calls.caller()));
  }
}

void check_backward(const Graph& graph, std::size_t op, std::span<const Operand> operands) {
  const auto& known = calls_of(graph);
  const OperationCalls calls = op < known.size() ? known[op] : OperationCalls{};
  for (const Operand& operand : operands) {
    if (operand.gradient == nullptr || !operand.gradient->defined()) continue;
    const std::string found = anomaly_of(*operand.gradient);
    if (found.empty()) continue;
    throw_anomaly(fmt::format("backward: of {} of {}, the gradient of {} is {}{}",
                              calls.operation(), text_of(operands), text_of(operand), found,
                              calls.caller()));
  }
}

void remember_calls(const Graph& graph, std::size_t op) {
  auto& calls = calls_of(graph);
  calls.resize(op + 1);
  calls.back() = OperationCalls::here();
}

}  // namespace unroll::detail
