// Schema: one description of a component's options that validates YAML, fills in defaults,
// writes the resolved experiment, and is printed by `runexp plugins NAME`.
//
//   struct Options { double forget_bias = 1.0; bool peepholes = false; };
//   static void describe(Schema<Options>& schema) {
//     schema.summary("Long short-term memory (Hochreiter and Schmidhuber 1997)");
//     schema.option("forget_bias", &Options::forget_bias, "added to bf at the start")
//         .range(-10, 10);
//     schema.option("peepholes", &Options::peepholes, "gates see the cell state (Gers 2000)");
//   }
//
// The default of an option is the value in a default-constructed Options.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <unroll/config/node.hpp>
#include <unroll/config/problems.hpp>

namespace unroll {

/// One option as people read it.
struct OptionDescription {
  std::string name;
  std::string type;  ///< "boolean", "integer", "number", "text", "list of cells", "map", …
  std::string default_value;  ///< as YAML; empty when the option must be given
  std::string meaning;        ///< one line; may name a unit or a paper
  std::optional<double> minimum, maximum;
  bool minimum_excluded = false;
  std::vector<std::string> choices;
  bool required = false;
  std::string plugin_kind;                ///< for a plugin choice: "cell", "optimizer", …
  std::vector<OptionDescription> nested;  ///< for a nested map of options
};

struct Description {
  std::string summary;
  std::vector<OptionDescription> options;
};

/// A component chosen by name with its options: `lstm`, or `lstm: {forget_bias: 0}`.
/// After validation `options` is resolved: every option stands there with its value.
struct PluginChoice {
  std::string name;
  Node options;
  Mark mark;  ///< of the name

  bool chosen() const noexcept { return !name.empty(); }
};

/// What the schema asks of the plugins: which exist and what their options are.
/// Implemented by the registry, so that config knows nothing of libraries.
class PluginCatalogue {
 public:
  virtual ~PluginCatalogue() = default;
  virtual std::vector<std::string> names(std::string_view kind) const = 0;
  /// Validates the options of plugin `name` and returns them with all defaults filled in.
  /// An unknown name, an unloadable library and every mistake go to `problems`.
  virtual Node resolve(std::string_view kind, const PluginChoice& choice,
                       Problems& problems) const = 0;
};

/// What reading needs besides the node itself.
struct ReadContext {
  Problems& problems;
  const PluginCatalogue* plugins = nullptr;  ///< null: plugin choices are taken as written
};

template <typename Options>
class Schema;

namespace detail {

/// Reads a value into T and reports what is wrong; false leaves `into` alone.
bool read_value(const Node&, bool& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, std::int64_t& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, int& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, std::uint64_t& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, double& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, float& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, std::string& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, PluginChoice& into, const OptionDescription&, ReadContext&);

Node write_value(bool);
Node write_value(std::int64_t);
Node write_value(int);
Node write_value(std::uint64_t);
Node write_value(double);
Node write_value(float);
Node write_value(const std::string&);
Node write_value(const PluginChoice&);

/// Resolves the plugin that an option defaults to, at the mark of the map that leaves it out.
void resolve_default(PluginChoice& choice, const Mark& mark, const OptionDescription&,
                     ReadContext&);

/// False, and reported, unless `node` is a list.
bool expect_list(const Node& node, const OptionDescription&, ReadContext&);
/// False, and reported, unless `node` is a map or null. `name` may be empty.
bool expect_map(const Node& node, const std::string& name, Problems& problems);
void report_missing(const Mark& mark, const OptionDescription&, Problems& problems);

/// Throws Error(plugin) if two options of one schema have the same name.
void check_new_option(const Description&, const std::string& name);
void set_plugin_kind(OptionDescription& option, std::string plugin_kind);

/// Reports keys of `node` that no option has, with near names.
void report_unknown_keys(const Node& node, const std::vector<OptionDescription>& options,
                         Problems& problems);

}  // namespace detail

/// The options of one component. See the top of the file.
///
/// Types of members: bool, int, std::int64_t, std::uint64_t, float, double, std::string,
/// PluginChoice, nested structs that have their own `static void describe(Schema<Nested>&)`, and
/// std::vector and std::optional of these. YAML's null stands for an empty optional, an empty map,
/// or a plugin that is not chosen where none is by default.
template <typename Options>
class Schema {
 public:
  /// Refines the option just added.
  class Refinement {
   public:
    explicit Refinement(OptionDescription& option) : option_(option) {}
    /// Both ends included.
    Refinement& range(double minimum, double maximum);
    Refinement& at_least(double minimum);
    Refinement& at_most(double maximum);
    /// Strictly greater.
    Refinement& above(double minimum);
    Refinement& choices(std::vector<std::string> names);
    /// Must stand in the file.
    Refinement& required();
    /// For PluginChoice members: the kind of plugin.
    Refinement& kind(std::string plugin_kind);

   private:
    OptionDescription& option_;
  };

  Schema& summary(std::string text);

  /// `Owner` is Options or a base of it.
  template <typename T, typename Owner>
  requires std::derived_from<Options, Owner> Refinement option(std::string name, T Owner::*member,
                                                               std::string meaning);

  const Description& description() const noexcept { return description_; }

  /// Reads a map (null reads as an empty one); mistakes go to the context's problems, and the
  /// options concerned keep their defaults.
  Options read(const Node& node, ReadContext& context) const;
  /// The same, over the values that `into` has.
  void read_into(Options& into, const Node& node, ReadContext& context) const;
  /// Every option with its value, in the order of declaration.
  Node write(const Options& options) const;
  /// The descriptions of the options, their defaults taken from `defaults`.
  std::vector<OptionDescription> describe_with(const Options& defaults) const;

 private:
  struct Binding {
    std::function<void(Options&, const Mark&, const OptionDescription&, ReadContext&)> fill;
    std::function<void(Options&, const Node&, const OptionDescription&, ReadContext&)> read;
    std::function<Node(const Options&)> write;
  };
  Description description_;
  std::vector<Binding> bindings_;
};

/// The schema that `Component::describe` fills in.
template <typename Component>
Schema<typename Component::Options> schema_of() {
  Schema<typename Component::Options> schema;
  Component::describe(schema);
  return schema;
}

}  // namespace unroll

#include <unroll/config/schema_impl.hpp>
