// Origin: the plugin that a component came from, named wherever its code fails.
#pragma once

#include <concepts>
#include <new>
#include <stdexcept>
#include <string>

#include <unroll/core/error.hpp>

namespace unroll {

/// Empty for a component that no registry made: then exceptions pass as they are.
struct Origin {
  std::string kind, name, file;
};

/// An Error that already names its plugin: not translated again on its way through another one.
class PluginError final : public Error {
 public:
  using Error::Error;
};

/// What a plugin's code returned is not what its contract says.
class BrokenContract final : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Throws the exception being handled again, as a PluginError: "cell 'mgu' threw in Cell::step,
/// projected [8, 96]: … (FILE)".
[[noreturn]] void rethrow_naming(const Origin& origin, const std::string& doing);

/// Runs a plugin's code. Exceptions that are no Error become one of kind plugin that names the
/// plugin and its file. An Error was written for people and passes as it is; memory that ran out is
/// nobody's fault. `doing` returns what the plugin was asked: the call and its shapes; it is called
/// only when something was thrown.
template <std::invocable Doing, std::invocable Function>
decltype(auto) guarded(const Origin& origin, const Doing& doing, const Function& function) {
  try {
    return function();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
    if (origin.kind.empty()) throw;
    rethrow_naming(origin, doing());
  }
}

}  // namespace unroll
