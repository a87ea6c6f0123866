#include <unroll/plugin/loader.hpp>

#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <vector>

#include <unroll/core/error.hpp>
#include <unroll/model/origin.hpp>
#include <unroll/plugin/described.hpp>
#include <unroll/plugin/elf.hpp>
#include <unroll/plugin/trial.hpp>
#include <unroll/plugin/trust.hpp>

namespace unroll {
namespace {

constexpr const char* kSymbol = "unroll_plugin";
constexpr std::size_t kMostManifest = 4096;

// Objects, functions and exception types of a plugin may live as long as the process does: its
// library stays, on purpose, and is not unloaded at exit either.
void keep(boost::dll::shared_library library) {
  static std::mutex mutex;
  static auto* kept = new std::vector<boost::dll::shared_library>;
  const std::lock_guard lock(mutex);
  kept->push_back(std::move(library));
}

}  // namespace

Inspection inspect_plugin(const std::filesystem::path& file) {
  Inspection result;
  try {
    ElfLibrary library(file);
    const auto text = library.section(UNROLL_MANIFEST_SECTION, kMostManifest);
    if (!text) {
      result.refused = fmt::format(
          "{}: no manifest: a library, but not a plugin of Unroll (is the UNROLL_PLUGIN line "
          "missing?)",
          file.string());
      return result;
    }
    try {
      result.manifest = parse_manifest(*text);
    } catch (const Error& error) {
      result.refused = fmt::format("{}: {}", file.string(), error.what());
      return result;
    }
    std::string reason = mismatch(result.manifest);
    if (reason.empty()) reason = search_through_current_folder(library.needs());
    if (reason.empty() && !plugins_are_trusted()) reason = distrust(file);
    if (!reason.empty()) {
      result.refused = fmt::format("{}: {}", file.string(), reason);
      return result;
    }
    result.description = written_description(library, file.string());
  } catch (const std::exception& error) {
    result.refused = error.what();  // names the file already
  }
  return result;
}

Description code_description(const PluginEntry& entry, const std::filesystem::path& file) {
  try {
    return guarded(
        Origin{entry.kind, entry.name, file.string()},
        [] { return "while describing its options"; }, [&] { return entry.describe(); });
  } catch (const PluginError&) {
    throw;
  } catch (const Error& error) {
    throw PluginError(error.kind(), fmt::format("{} ({} '{}' of {})", error.what(), entry.kind,
                                                entry.name, file.string()));
  }
}

const PluginEntry& load_plugin(const std::filesystem::path& file, const Inspection& inspection) {
  const Manifest& manifest = inspection.manifest;
  if (runs_code_on_load(file)) {
    const std::string harm = trial_load(file);
    if (!harm.empty()) fail(Failure::plugin, "{}: {}", file.string(), harm);
  }
  boost::dll::shared_library library;
  try {
    // The overload that throws keeps the linker's message; the other says "Bad file descriptor".
    library.load(file, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::system_error& error) {
    fail(Failure::plugin, "{}: cannot be loaded: {}", file.string(), error.what());
  }
  if (!library.has(kSymbol)) {
    fail(Failure::plugin, "{}: has a manifest but no symbol '{}': export it with UNROLL_PLUGIN",
         file.string(), kSymbol);
  }
  const PluginEntry* entry = nullptr;
  try {
    entry = library.get<const PluginEntry*()>(kSymbol)();
  } catch (...) {
    fail(Failure::plugin, "{}: '{}' threw: {}", file.string(), kSymbol, current_exception_text());
  }
  keep(std::move(library));
  if (entry == nullptr || entry->abi != UNROLL_PLUGIN_ABI) {
    fail(Failure::plugin, "{}: its entry has ABI {}, its manifest says {}", file.string(),
         entry == nullptr ? 0 : entry->abi, manifest.abi);
  }
  if (manifest.kind != entry->kind || manifest.name != entry->name) {
    fail(Failure::plugin, "{}: its manifest says {} '{}', its code {} '{}'", file.string(),
         manifest.kind, manifest.name, entry->kind, entry->name);
  }
  if (inspection.description) {
    const std::string differs = difference(*inspection.description, code_description(*entry, file));
    if (!differs.empty()) {
      fail(Failure::plugin,
           "{}: its description in the file is not that of its code: {}: build it again",
           file.string(), differs);
    }
  }
  return *entry;
}

}  // namespace unroll
