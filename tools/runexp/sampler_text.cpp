#include "sampler_text.hpp"

#include <fmt/format.h>

#include <unroll/config/yaml.hpp>

namespace unroll::cli {

PluginChoice sampler_from_text(std::string_view text, const PluginCatalogue& plugins) {
  const std::string place = fmt::format("--sampler {}", text);
  const Mark mark{std::make_shared<const std::string>(place), 0, 0};
  Problems problems;
  const std::size_t colon = text.find(':');
  std::vector<Node::Entry> options;
  for (std::size_t at = colon; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at + 1), text.size());
    const std::string_view item = text.substr(at + 1, end - at - 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      problems.add(mark, fmt::format("'{}' is not of the form option=value", item));
    } else {
      options.push_back({std::string(item.substr(0, equals)), mark,
                         load_yaml_value(item.substr(equals + 1), place, problems)});
    }
    at = end;
  }
  problems.throw_if_any();
  PluginChoice choice{std::string(text.substr(0, colon)), Node::map(std::move(options), mark),
                      mark};
  choice.options = plugins.resolve("sampler", choice, problems);
  problems.throw_if_any();
  return choice;
}

}  // namespace unroll::cli
