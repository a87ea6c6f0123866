#include <unroll/config/load.hpp>

#include <cstdlib>

#include <unroll/config/include.hpp>
#include <unroll/config/override.hpp>
#include <unroll/config/yaml.hpp>
#include <unroll/core/files.hpp>

namespace unroll {

LoadedExperiment load_experiment(const std::filesystem::path& path,
                                 std::span<const std::string> overrides, Problems& problems) {
  LoadedExperiment loaded;
  const char* defaults = std::getenv("UNROLL_DEFAULTS");
  if (defaults && *defaults) loaded.root = load_with_includes(defaults, loaded.files, problems);
  const Node own = load_with_includes(path, loaded.files, problems);
  if (!own.is_null()) loaded.root = merge(loaded.root, own);
  for (const auto& assignment : overrides) {
    loaded.root = apply_override(loaded.root, assignment, problems);
  }
  if (!problems.empty()) return loaded;

  loaded.source_text = read_file(path, kMostYamlBytes);
  if (!loaded.source_text.empty() && loaded.source_text.back() != '\n') loaded.source_text += '\n';
  for (const auto& assignment : overrides) {
    loaded.source_text += "# --set ";
    for (char c : assignment) {
      if (c == '\n') {
        loaded.source_text += "\\n";
      } else {
        loaded.source_text += c;
      }
    }
    loaded.source_text += '\n';
  }
  return loaded;
}

}  // namespace unroll
