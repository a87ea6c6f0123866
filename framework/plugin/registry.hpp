// Registry: finds plugin libraries, checks them, loads them when they are first needed, and makes
// components by name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/config/schema.hpp>
#include <unroll/model/architecture.hpp>
#include <unroll/model/component_factory.hpp>
#include <unroll/model/dataset.hpp>
#include <unroll/model/encoder.hpp>
#include <unroll/model/optimizer.hpp>
#include <unroll/model/sampler.hpp>
#include <unroll/model/tokenizer.hpp>

namespace unroll {

/// One library of the search path, accepted or not.
struct PluginInfo {
  std::string kind, name, version;  ///< empty where the manifest could not be read
  std::filesystem::path file;
  std::string refused;  ///< why it cannot be used, one line naming the file; empty: it can
  bool loaded = false;
  /// Its options stand in the file: describing it loads nothing.
  bool described = false;

  /// SHA-256 of the file as it is now, in hex. Reads the file. Throws Error(data).
  std::string sha256() const;
};

/// Scanning reads manifests only and runs no plugin code. A library is loaded when a component of
/// it is first resolved or made, and is never unloaded: objects and functions of a
/// plugin stay valid until the process ends. A library that is broken, foreign or a duplicate is
/// listed with the reason and disturbs no other.
///
/// All failures are Error(plugin), one line that names the plugin and the file. An exception that
/// leaves a plugin's code, in a constructor or a call, becomes such an Error that also names the
/// call and its shapes; what the plugin throws as an Error keeps its kind and text.
/// Thread safe once every folder has been added.
class Registry final : public PluginCatalogue, public ComponentFactory {
 public:
  /// Scans these folders (and single files) in this order.
  explicit Registry(const std::vector<std::filesystem::path>& path = default_path());
  ~Registry() override;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// The plugins of this build or installation (found beside the framework's own library), then
  /// the user's own (~/.local/share/unroll/plugins, if there is such a folder), then the folders
  /// and files of $UNROLL_PLUGIN_PATH, separated by colons; empty entries are passed over, relative
  /// ones throw Error(plugin).
  static std::vector<std::filesystem::path> default_path();

  /// Adds a folder (every *.so in it) or a single library: an item of an experiment's `plugins:`.
  /// Throws Error(plugin) if there is no such file, or if a library named on its own is refused.
  void add(const std::filesystem::path& place);

  /// Where plugins were looked for, in order.
  const std::vector<std::filesystem::path>& searched() const noexcept;
  /// Every library found, by kind and name; those refused with their reason.
  std::vector<PluginInfo> list() const;
  /// Those whose code runs in this process: for the environment in a run file.
  std::vector<PluginInfo> loaded() const;
  /// The library that has this plugin; loads it. Throws as for an unknown name.
  PluginInfo find(std::string_view kind, std::string_view name) const;
  /// The options of a plugin: those in its file, or, if it has none, its code's, for which it is
  /// loaded.
  Description describe(std::string_view kind, std::string_view name) const;

  // PluginCatalogue
  std::vector<std::string> names(std::string_view kind) const override;
  Node resolve(std::string_view kind, const PluginChoice& choice,
               Problems& problems) const override;

  // Components from choices, whose options are validated and completed here if they are not yet:
  // mistakes throw Error(usage) with all of them.
  std::unique_ptr<Cell> make_cell(const PluginChoice& choice, const CellSizes& sizes,
                                  const Parameters& parameters) const override;
  std::unique_ptr<Encoder> make_encoder(const PluginChoice& choice, const EncoderSizes& sizes,
                                        const Parameters& parameters) const override;
  std::unique_ptr<Architecture> make_architecture(const PluginChoice& choice,
                                                  const ArchitectureContext& context) const;
  std::unique_ptr<Tokenizer> make_tokenizer(const PluginChoice& choice) const;
  std::unique_ptr<Sampler> make_sampler(const PluginChoice& choice) const;
  std::unique_ptr<Dataset> make_dataset(const PluginChoice& choice) const;
  std::unique_ptr<Optimizer> make_optimizer(const PluginChoice& choice) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace unroll
