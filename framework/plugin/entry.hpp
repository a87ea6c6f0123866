// What the one exported symbol of a plugin library leads to: a static table of functions.
//
// `unroll_plugin` returns a pointer to it. The first field is the ABI number and will stay so; the
// rest may change with that number. Pointers and C++ types cross here, which is why the manifest's
// build stamp is compared first.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>

#include <unroll/config/schema.hpp>
#include <unroll/model/architecture.hpp>
#include <unroll/model/cell.hpp>
#include <unroll/model/dataset.hpp>
#include <unroll/model/encoder.hpp>
#include <unroll/model/optimizer.hpp>
#include <unroll/model/sampler.hpp>
#include <unroll/model/tokenizer.hpp>
#include <unroll/plugin/manifest.hpp>

namespace unroll {

/// What every kind of plugin offers.
struct PluginEntry {
  int abi;
  const char* kind;
  const char* name;
  /// The options, for people.
  Description (*describe)();
  /// Validated options with all defaults filled in; mistakes go to the context's problems.
  Node (*resolve)(const Node& options, ReadContext& context);
};

/// Adds how this kind is made, from resolved options.
template <typename Kind>
struct PluginEntryOf : PluginEntry {
  typename Kind::Make* make;
};

/// One struct a kind: what its plugins derive from and are made of. The names are those that
/// UNROLL_PLUGIN takes.
namespace kinds {

struct cell {
  using Interface = Cell;
  using Make = std::unique_ptr<Cell>(const Node&, const CellSizes&, const Parameters&);
};
struct architecture {
  using Interface = Architecture;
  using Make = std::unique_ptr<Architecture>(const Node&, const ArchitectureContext&);
};
struct tokenizer {
  using Interface = Tokenizer;
  using Make = std::unique_ptr<Tokenizer>(const Node&);
};
struct sampler {
  using Interface = Sampler;
  using Make = std::unique_ptr<Sampler>(const Node&);
};
struct encoder {
  using Interface = Encoder;
  using Make = std::unique_ptr<Encoder>(const Node&, const EncoderSizes&, const Parameters&);
};
struct dataset {
  using Interface = Dataset;
  using Make = std::unique_ptr<Dataset>(const Node&);
};
struct optimizer {
  using Interface = Optimizer;
  using Make = std::unique_ptr<Optimizer>(const Node&);
};

}  // namespace kinds

namespace detail {

/// The functions of PluginEntryOf for one class.
template <typename Class, typename Interface, typename Make>
struct PluginFunctions;

template <typename Class, typename Interface, typename... Args>
struct PluginFunctions<Class, Interface, std::unique_ptr<Interface>(const Node&, Args...)> {
  using Options = typename Class::Options;
  static_assert(std::derived_from<Class, Interface>,
                "the class must derive publicly from the interface of its kind");
  static_assert(std::constructible_from<Class, const Options&, Args...>,
                "the class lacks the constructor that the header of its kind documents");

  static Description describe() { return schema_of<Class>().description(); }

  static Node resolve(const Node& options, ReadContext& context) {
    const Schema<Options> schema = schema_of<Class>();
    return schema.write(schema.read(options, context));
  }

  static std::unique_ptr<Interface> make(const Node& options, Args... args) {
    Problems problems;
    ReadContext context{problems};
    const Options read = schema_of<Class>().read(options, context);
    problems.throw_if_any();
    return std::make_unique<Class>(read, args...);
  }
};

/// The table of a plugin; constant-initialised, so that loading runs no constructor.
template <typename Kind, typename Class>
constexpr PluginEntryOf<Kind> plugin_entry(const char* kind, const char* name) {
  using Functions = PluginFunctions<Class, typename Kind::Interface, typename Kind::Make>;
  return {{UNROLL_PLUGIN_ABI, kind, name, &Functions::describe, &Functions::resolve},
          &Functions::make};
}

}  // namespace detail
}  // namespace unroll
