#include <unroll/training/option_path.hpp>

#include <algorithm>

#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/training/experiment.hpp>

namespace unroll {
namespace {

/// Takes the first part off a path.
std::string take_part(std::string_view& path) {
  const std::size_t dot = path.find('.');
  const std::string part(path.substr(0, dot));
  path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  return part;
}

std::vector<OptionDescription> options_of(std::string_view kind, const std::string& name,
                                          const Registry& registry) {
  try {
    return registry.describe(kind, name).options;
  } catch (const Error&) {  // reported where the experiment is read
    return {};
  }
}

}  // namespace

std::optional<OptionDescription> find_option(std::string_view path, const Registry& registry) {
  std::vector<OptionDescription> options = schema_of<ExperimentOptions>().description().options;
  while (!path.empty()) {
    const std::string name = take_part(path);
    const auto found = std::ranges::find(options, name, &OptionDescription::name);
    if (found == options.end()) return std::nullopt;
    const OptionDescription option = *found;
    if (path.empty()) return option;
    if (option.type.starts_with("list")) take_part(path);  // the item's index
    if (path.empty()) return std::nullopt;
    options = option.plugin_kind.empty()
                  ? option.nested
                  : options_of(option.plugin_kind, take_part(path), registry);
  }
  return std::nullopt;
}

}  // namespace unroll
