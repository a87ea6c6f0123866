#include <unroll/autodiff/anomaly.hpp>

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

std::atomic<bool> detecting = false;
std::string& place() {
  static std::string text;
  return text;
}

template <typename T>
bool all_finite(const Tensor& tensor) {
  T sum = 0;  // what is not finite makes it NaN and keeps it so
  const T* values = tensor.data<T>();
  for (std::int64_t i = 0; i < tensor.size(); ++i) sum += values[i] - values[i];
  return sum == 0;
}

std::string coordinates(const Shape& shape, std::int64_t index) {
  std::vector<std::string> parts;
  for (std::size_t i = shape.rank(); i-- > 0;) {
    const std::int64_t size = shape.dims()[i];
    parts.push_back(fmt::format("{}", index % size));
    index /= size;
  }
  std::ranges::reverse(parts);
  return fmt::format("[{}]", join(parts));
}

template <typename T>
std::string describe(const Tensor& tensor) {
  if (all_finite<T>(tensor)) return {};
  const T* values = tensor.data<T>();
  const auto odd = [](T value) { return !std::isfinite(value); };
  const std::int64_t first = std::find_if(values, values + tensor.size(), odd) - values;
  const auto count = std::count_if(values, values + tensor.size(), odd);
  const char* name = std::isnan(values[first]) ? "NaN" : values[first] > 0 ? "inf" : "-inf";
  return fmt::format("{} at {} of {} ({} of {} {} not finite)", name,
                     coordinates(tensor.shape(), first), tensor.shape().text(), count,
                     tensor.size(), count == 1 ? "is" : "are");
}

/// A call as the dynamic linker knows it.
struct Call {
  std::string file, function;  ///< without arguments; empty if it has no exported name
};

Call call_at(void* address) {
  Dl_info found{};
  // The address is that after the call, which may be the next function's.
  if (::dladdr(static_cast<char*>(address) - 1, &found) == 0) return {};
  Call call{found.dli_fname == nullptr ? "" : found.dli_fname, {}};
  if (found.dli_sname == nullptr) return call;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, &status), &std::free);
  if (status != 0) return call;
  call.function = name.get();
  const std::size_t arguments = call.function.find('(');
  if (arguments != std::string::npos) call.function.resize(arguments);
  // A template's name begins with what it returns.
  call.function.erase(0, call.function.rfind(' ') + 1);
  return call;
}

bool is_framework(const Call& call) {
  static const std::string own = call_at(reinterpret_cast<void*>(&detecting_anomalies)).file;
  return call.file == own;
}

}  // namespace

void detect_anomalies(bool on) noexcept {
  detecting.store(on, std::memory_order_relaxed);
}

bool detecting_anomalies() noexcept {
  return detecting.load(std::memory_order_relaxed);
}

void anomalies_arise_in(std::string what) {
  place() = std::move(what);
}

void require_finite(const Tensor& tensor, std::string_view what) {
  const std::string found = detail::anomaly_of(tensor);
  if (!found.empty()) detail::throw_anomaly(fmt::format("{} is {}", what, found));
}

namespace detail {

std::string anomaly_of(const Tensor& tensor) {
  if (tensor.size() == 0) return {};
  switch (tensor.dtype()) {
    case DType::f32:
      return describe<float>(tensor);
    case DType::f64:
      return describe<double>(tensor);
    case DType::i32:
      break;
  }
  return {};
}

void throw_anomaly(const std::string& text) {
  throw Error(Failure::diverged, place().empty() ? text : place() + ": " + text);
}

OperationCalls OperationCalls::here() {
  OperationCalls calls;
  calls.count = ::backtrace(calls.addresses.data(), static_cast<int>(calls.addresses.size()));
  return calls;
}

std::string OperationCalls::operation() const {
  constexpr std::string_view kRoom = "unroll::";
  for (int i = 0; i < count; ++i) {
    const Call call = call_at(addresses[static_cast<std::size_t>(i)]);
    if (!is_framework(call)) {
      return call.file.empty() ? "an operation" : "an operation of " + call.file;
    }
    const std::string_view name = call.function;
    if (!name.starts_with(kRoom) || name.starts_with("unroll::Graph::") ||
        name.starts_with("unroll::detail::") || name.find('{') != std::string_view::npos) {
      continue;
    }
    return std::string(name.substr(kRoom.size()));
  }
  return "an operation";
}

std::string OperationCalls::caller() const {
  std::string plugin, entrance;
  for (int i = 0; i < count; ++i) {
    const Call call = call_at(addresses[static_cast<std::size_t>(i)]);
    if (!is_framework(call) && !call.file.empty()) {
      if (plugin.empty() && call.file.ends_with(".so")) plugin = call.file;
      continue;
    }
    constexpr std::string_view kEntrance = "unroll::Cell::run_";
    if (entrance.empty() && call.function.starts_with(kEntrance)) {
      entrance = "Cell::" + call.function.substr(kEntrance.size());
    }
  }
  if (plugin.empty() && entrance.empty()) return {};
  return fmt::format(", called{}{}", plugin.empty() ? "" : " by " + plugin,
                     entrance.empty() ? "" : " in " + entrance);
}

}  // namespace detail
}  // namespace unroll
