// The boundary between the framework and the code of plugins: what is thrown there is translated.
#pragma once

#include <fmt/core.h>

#include <memory>
#include <new>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/plugin/entry.hpp>
#include <unroll/plugin/loader.hpp>
#include <unroll/plugin/registry.hpp>

namespace unroll {

/// An Error that already names its plugin: not translated again on its way through another one.
class PluginError final : public Error {
 public:
  using Error::Error;
};

/// Runs a plugin's code. Exceptions that are no Error become one of kind plugin: "sampler 's'
/// threw while choosing a token: … (FILE)". An Error was written for people and passes as it is;
/// memory that ran out is nobody's fault.
template <typename Function>
decltype(auto) guarded(const PluginInfo& plugin, const char* doing, Function function) {
  try {
    return function();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
    throw PluginError(Failure::plugin,
                      fmt::format("{} '{}' threw while {}: {} ({})", plugin.kind, plugin.name,
                                  doing, current_exception_text(), plugin.file.string()));
  }
}

/// A plugin's object behind the boundary: the interface of its kind, every call guarded.
std::unique_ptr<Tokenizer> behind_boundary(std::unique_ptr<Tokenizer> inner, PluginInfo plugin);
std::unique_ptr<Sampler> behind_boundary(std::unique_ptr<Sampler> inner, PluginInfo plugin);
std::unique_ptr<Dataset> behind_boundary(std::unique_ptr<Dataset> inner, PluginInfo plugin);
std::unique_ptr<Optimizer> behind_boundary(std::unique_ptr<Optimizer> inner, PluginInfo plugin);
std::unique_ptr<Architecture> behind_boundary(std::unique_ptr<Architecture> inner,
                                              PluginInfo plugin);

/// Cells and encoders work within an architecture, which is guarded.
inline std::unique_ptr<Cell> behind_boundary(std::unique_ptr<Cell> inner, const PluginInfo&) {
  return inner;
}
inline std::unique_ptr<Encoder> behind_boundary(std::unique_ptr<Encoder> inner, const PluginInfo&) {
  return inner;
}

}  // namespace unroll
