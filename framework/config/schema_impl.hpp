// The template members of Schema; included by schema.hpp alone.
#pragma once

#include <unroll/config/schema.hpp>

namespace unroll {
namespace detail {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

/// A struct with its own `static void describe(Schema<T>&)`.
template <typename T>
concept Described = requires(Schema<T>& schema) {
  T::describe(schema);
};

template <typename T>
const Schema<T>& nested_schema() {
  static const Schema<T> schema = [] {
    Schema<T> made;
    T::describe(made);
    return made;
  }();
  return schema;
}

/// The type's name for people: "integer", "list of numbers", …
template <typename T>
std::string type_name() {
  if constexpr (IsVector<T>::value) {
    return "list of " + type_name<typename T::value_type>() + "s";
  } else if constexpr (IsOptional<T>::value) {
    return type_name<typename T::value_type>();
  } else if constexpr (Described<T>) {
    return "map";
  } else if constexpr (std::is_same_v<T, PluginChoice>) {
    return "plugin";
  } else if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "text";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "number";
  } else {
    static_assert(std::is_integral_v<T>, "options of this type are not supported");
    return "integer";
  }
}

template <typename T>
bool read_any(const Node& node, T& into, const OptionDescription& option, ReadContext& context) {
  if constexpr (IsVector<T>::value) {
    if (!expect_list(node, option, context)) return false;
    T values;
    bool good = true;
    for (const Node& item : node.items()) {
      typename T::value_type value{};
      good = read_any(item, value, option, context) && good;
      values.push_back(std::move(value));
    }
    if (good) into = std::move(values);
    return good;
  } else if constexpr (IsOptional<T>::value) {
    if (node.is_null()) {
      into.reset();
      return true;
    }
    typename T::value_type value{};
    if (!read_any(node, value, option, context)) return false;
    into = std::move(value);
    return true;
  } else if constexpr (Described<T>) {
    if (!expect_map(node, option.name, context.problems)) return false;
    nested_schema<T>().read_into(into, node, context);
    return true;
  } else {
    return read_value(node, into, option, context);
  }
}

template <typename T>
Node write_any(const T& value) {
  if constexpr (IsVector<T>::value) {
    std::vector<Node> items;
    for (typename T::const_reference item : value) {
      items.push_back(write_any<typename T::value_type>(item));
    }
    return Node::sequence(std::move(items));
  } else if constexpr (IsOptional<T>::value) {
    return value ? write_any(*value) : Node();
  } else if constexpr (Described<T>) {
    return nested_schema<T>().write(value);
  } else {
    return write_value(value);
  }
}

/// Completes the default of an option that the file leaves out: plugins are resolved, and the
/// required options of nested maps are missed.
template <typename T>
void fill_any(T& value, const Mark& mark, const OptionDescription& option, ReadContext& context) {
  if constexpr (std::is_same_v<T, PluginChoice>) {
    resolve_default(value, mark, option, context);
  } else if constexpr (Described<T>) {
    nested_schema<T>().read_into(value, Node::map({}, mark), context);
  } else if constexpr (IsOptional<T>::value) {
    if (value) fill_any(*value, mark, option, context);
  } else if constexpr (IsVector<T>::value) {
    if constexpr (!std::is_same_v<T, std::vector<bool>>) {
      for (auto& item : value) fill_any(item, mark, option, context);
    }
  }
}

template <typename T>
std::vector<OptionDescription> describe_nested(const T& defaults) {
  if constexpr (IsVector<T>::value || IsOptional<T>::value) {
    return describe_nested(typename T::value_type{});
  } else if constexpr (Described<T>) {
    return nested_schema<T>().describe_with(defaults);
  } else {
    return {};
  }
}

}  // namespace detail

template <typename Options>
auto Schema<Options>::Refinement::range(double minimum, double maximum) -> Refinement& {
  at_least(minimum);
  return at_most(maximum);
}

template <typename Options>
auto Schema<Options>::Refinement::at_least(double minimum) -> Refinement& {
  option_.minimum = minimum;
  option_.minimum_excluded = false;
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::at_most(double maximum) -> Refinement& {
  option_.maximum = maximum;
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::above(double minimum) -> Refinement& {
  option_.minimum = minimum;
  option_.minimum_excluded = true;
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::choices(std::vector<std::string> names) -> Refinement& {
  option_.choices = std::move(names);
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::required() -> Refinement& {
  option_.required = true;
  option_.default_value.clear();
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::kind(std::string plugin_kind) -> Refinement& {
  detail::set_plugin_kind(option_, std::move(plugin_kind));
  return *this;
}

template <typename Options>
Schema<Options>& Schema<Options>::summary(std::string text) {
  description_.summary = std::move(text);
  return *this;
}

template <typename Options>
template <typename T, typename Owner>
requires std::derived_from<Options, Owner>
auto Schema<Options>::option(std::string name, T Owner::*member, std::string meaning)
    -> Refinement {
  detail::check_new_option(description_, name);
  const Options defaults{};
  OptionDescription option;
  option.name = std::move(name);
  option.type = detail::type_name<T>();
  option.default_value = to_flow_yaml(detail::write_any<T>(defaults.*member));
  option.meaning = std::move(meaning);
  option.nested = detail::describe_nested<T>(defaults.*member);
  description_.options.push_back(std::move(option));

  Binding binding;
  binding.fill = [member](Options& options, const Mark& mark, const OptionDescription& described,
                          ReadContext& context) {
    detail::fill_any<T>(options.*member, mark, described, context);
  };
  binding.read = [member](Options& options, const Node& node, const OptionDescription& described,
                          ReadContext& context) {
    detail::read_any<T>(node, options.*member, described, context);
  };
  binding.write = [member](const Options& options) {
    return detail::write_any<T>(options.*member);
  };
  bindings_.push_back(std::move(binding));
  return Refinement(description_.options.back());
}

template <typename Options>
Options Schema<Options>::read(const Node& node, ReadContext& context) const {
  Options options{};
  read_into(options, node, context);
  return options;
}

template <typename Options>
void Schema<Options>::read_into(Options& into, const Node& node, ReadContext& context) const {
  if (!detail::expect_map(node, "", context.problems)) return;
  detail::report_unknown_keys(node, description_.options, context.problems);
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    const OptionDescription& option = description_.options[i];
    const Node* value = node.find(option.name);
    if (option.required && (!value || value->is_null())) {
      detail::report_missing(value ? value->mark() : node.mark(), option, context.problems);
    } else if (value) {
      bindings_[i].read(into, *value, option, context);
    } else {
      bindings_[i].fill(into, node.mark(), option, context);
    }
  }
}

template <typename Options>
Node Schema<Options>::write(const Options& options) const {
  std::vector<Node::Entry> entries;
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    entries.push_back({description_.options[i].name, {}, bindings_[i].write(options)});
  }
  return Node::map(std::move(entries));
}

template <typename Options>
std::vector<OptionDescription> Schema<Options>::describe_with(const Options& defaults) const {
  std::vector<OptionDescription> described = description_.options;
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    if (!described[i].required) {
      described[i].default_value = to_flow_yaml(bindings_[i].write(defaults));
    }
  }
  return described;
}

}  // namespace unroll
