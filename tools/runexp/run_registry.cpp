#include "run_registry.hpp"

#include <algorithm>
#include <filesystem>

#include "experiment_arguments.hpp"

namespace unroll::cli {
namespace {

std::vector<std::string> column(const RunRecord& run, const char* name) {
  if (!run.environment.has(name)) return {};
  const auto* texts = std::get_if<std::vector<std::string>>(&run.environment.array(name).values);
  return texts != nullptr ? *texts : std::vector<std::string>();
}

}  // namespace

std::unique_ptr<Registry> make_registry(const std::vector<std::string>& places,
                                        const RunRecord& run) {
  auto registry = make_registry(places);
  const auto kinds = column(run, "plugins/kind"), names = column(run, "plugins/name"),
             files = column(run, "plugins/file");
  for (std::size_t i = 0; i < std::min({kinds.size(), names.size(), files.size()}); ++i) {
    const std::vector<std::string> known = registry->names(kinds[i]);
    std::error_code problem;
    if (std::find(known.begin(), known.end(), names[i]) == known.end() &&
        std::filesystem::exists(files[i], problem))
      registry->add(files[i]);
  }
  return registry;
}

}  // namespace unroll::cli
