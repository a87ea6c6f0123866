#include <unroll/plugin/registry.hpp>

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>

#include <unroll/core/error.hpp>
#include <unroll/core/installation.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/boundary.hpp>
#include <unroll/plugin/loader.hpp>

namespace unroll {
namespace fs = std::filesystem;
namespace {

struct Record {
  PluginInfo info;
  Inspection inspection;
  std::string broken;  // why the library itself is refused; duplicates apart
  const PluginEntry* entry = nullptr;
};

Origin origin_of(const PluginInfo& plugin) {
  return {plugin.kind, plugin.name, plugin.file.string()};
}

// An Error of a plugin's constructor, with the plugin named: options that do not go together were
// checked nowhere else.
template <typename Function>
auto named(const PluginInfo& plugin, Function function) {
  try {
    return function();
  } catch (const PluginError&) {
    throw;
  } catch (const Error& error) {
    throw PluginError(error.kind(), fmt::format("{} ({} '{}' of {})", error.what(), plugin.kind,
                                                plugin.name, plugin.file.string()));
  }
}

fs::path normalised(const fs::path& place) {
  return fs::absolute(place).lexically_normal();
}

// Of a file, by whatever path it is reached.
std::pair<dev_t, ino_t> identity(const fs::path& file) {
  struct stat found {};
  ::stat(file.c_str(), &found);
  return {found.st_dev, found.st_ino};
}

std::vector<fs::path> libraries_in(const fs::path& place) {
  std::error_code error;
  if (!fs::is_directory(place, error)) {
    return fs::exists(place, error) ? std::vector{place} : std::vector<fs::path>{};
  }
  std::vector<fs::path> found;
  for (fs::directory_iterator it(place, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".so") found.push_back(it->path());
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::string PluginInfo::sha256() const {
  return sha256_of_file(file);
}

struct Registry::Impl {
  std::vector<fs::path> path;
  std::vector<std::unique_ptr<Record>> records;
  std::set<std::pair<dev_t, ino_t>> files;  // of `records`
  mutable std::mutex mutex;  // guards what loading changes: Record::entry, broken, info

  void scan(const fs::path& place) {
    path.push_back(normalised(place));
    for (const auto& file : libraries_in(path.back())) {
      if (!files.insert(identity(file)).second) continue;
      auto record = std::make_unique<Record>();
      record->inspection = inspect_plugin(file);
      record->broken = record->inspection.refused;
      const Manifest& manifest = record->inspection.manifest;
      record->info = {.kind = manifest.kind,
                      .name = manifest.name,
                      .version = manifest.version,
                      .file = file,
                      .refused = record->broken,
                      .described = record->inspection.description.has_value()};
      records.push_back(std::move(record));
    }
    mark_duplicates();
  }

  // Two sound libraries of one name: neither is chosen for the user.
  void mark_duplicates() {
    for (const auto& a : records) {
      if (!a->broken.empty()) continue;
      for (const auto& b : records) {
        if (a == b || !b->broken.empty() || a->info.kind != b->info.kind ||
            a->info.name != b->info.name) {
          continue;
        }
        const bool first = a->info.file < b->info.file;
        a->info.refused = fmt::format(
            "{} '{}' is in two libraries, {} and {}: remove one of them", a->info.kind,
            a->info.name, (first ? a : b)->info.file.string(), (first ? b : a)->info.file.string());
        break;
      }
    }
  }

  std::vector<std::string> names(std::string_view kind) const {
    const std::lock_guard lock(mutex);
    std::vector<std::string> found;
    for (const auto& record : records) {
      if (record->info.kind == kind && record->info.refused.empty()) {
        found.push_back(record->info.name);
      }
    }
    std::ranges::sort(found);
    return found;
  }

  // `unknown cell 'lstn' (known: gru, lstm, rnn; searched: /…/plugins); did you mean 'lstm'?`
  std::string unknown(std::string_view kind, std::string_view name) const {
    const auto known = names(kind);
    std::vector<std::string> places;
    for (const auto& place : path) {
      std::error_code error;
      places.push_back(place.string() + (fs::exists(place, error) ? "" : " (missing)"));
    }
    std::string text =
        fmt::format("unknown {} '{}' (known: {}; searched: {}){}", kind, name,
                    known.empty() ? "none" : join(known), places.empty() ? "nowhere" : join(places),
                    did_you_mean(name, known));
    const std::lock_guard lock(mutex);
    for (const auto& record : records) {
      if (record->info.kind != kind && record->info.name == name) {
        text += fmt::format("; '{}' is a {}, not a {}", name, record->info.kind, kind);
      }
      // A library without a readable manifest that was perhaps meant.
      if (record->info.kind.empty() && !name.empty() &&
          record->info.file.filename().string().find(name) != std::string::npos) {
        text += fmt::format("; refused: {}", record->info.refused);
      }
    }
    return text;
  }

  // The library of this name, sound or not. The lock is held.
  Record* find_locked(std::string_view kind, std::string_view name) const {
    Record* found = nullptr;
    for (const auto& record : records) {
      if (record->info.kind != kind || record->info.name != name) continue;
      if (found == nullptr || !found->info.refused.empty()) found = record.get();
    }
    return found;
  }

  // The library of this name, loaded.
  const Record& load(std::string_view kind, std::string_view name) const {
    {
      const std::lock_guard lock(mutex);
      if (Record* found = find_locked(kind, name)) {
        load_locked(*found);
        return *found;
      }
    }
    throw PluginError(Failure::plugin, unknown(kind, name));
  }

  // What stands in its file, if that can be used.
  std::optional<Description> written(std::string_view kind, std::string_view name) const {
    const std::lock_guard lock(mutex);
    const Record* found = find_locked(kind, name);
    return found && found->info.refused.empty() ? found->inspection.description : std::nullopt;
  }

  static void load_locked(Record& record) {
    if (record.info.refused.empty() && record.entry == nullptr) {
      // The file may have changed since the scan, and a truncated one must never be mapped.
      record.inspection = inspect_plugin(record.info.file);
      record.info.refused = record.inspection.refused;
      const Manifest& now = record.inspection.manifest;
      if (record.info.refused.empty() &&
          (now.kind != record.info.kind || now.name != record.info.name)) {
        record.info.refused = fmt::format(
            "{}: was {} '{}' a moment ago and is now {} '{}': start again",
            record.info.file.string(), record.info.kind, record.info.name, now.kind, now.name);
      }
      if (record.info.refused.empty()) {
        try {
          record.entry = &load_plugin(record.info.file, record.inspection);
          record.info.loaded = true;
        } catch (const Error& error) {
          record.info.refused = error.what();
        }
      }
      record.broken = record.info.refused;
    }
    if (!record.info.refused.empty()) throw PluginError(Failure::plugin, record.info.refused);
  }

  template <typename Kind, typename... Args>
  auto make(const Registry& registry, std::string_view kind, const PluginChoice& choice,
            const Args&... args) const {
    Problems problems;
    const Node options = registry.resolve(kind, choice, problems);
    problems.throw_if_any();
    const Record& record = load(kind, choice.name);
    auto made = named(record.info, [&] {
      return guarded(
          origin_of(record.info), [] { return "while being made"; },
          [&] {
            return static_cast<const PluginEntryOf<Kind>*>(record.entry)->make(options, args...);
          });
    });
    if constexpr (std::is_same_v<typename Kind::Interface, Encoder>) {
      return behind_boundary(std::move(made), origin_of(record.info),
                             std::get<0>(std::tie(args...)));
    } else {
      return behind_boundary(std::move(made), origin_of(record.info));
    }
  }
};

Registry::Registry(const std::vector<fs::path>& path) : impl_(std::make_unique<Impl>()) {
  for (const auto& place : path) impl_->scan(place);
}

Registry::~Registry() = default;

std::vector<fs::path> Registry::default_path() {
  const fs::path here = framework_library().parent_path();
  const fs::path installed = here / "unroll" / "plugins", built = here.parent_path() / "plugins";
  std::error_code error;
  std::vector<fs::path> path{fs::is_directory(installed, error) ? installed : built};
  const fs::path own = user_folder("plugins");
  if (!own.empty() && fs::is_directory(own, error)) path.push_back(own);
  const char* variable = std::getenv("UNROLL_PLUGIN_PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string_view place = rest.substr(0, colon);
    if (!place.empty() && !place.starts_with('/')) {
      fail(Failure::plugin,
           "$UNROLL_PLUGIN_PATH: '{}' is a relative path, which would be another folder wherever "
           "a program is started: write it from the root on, as {}",
           place, fs::absolute(place).lexically_normal().string());
    }
    if (!place.empty()) path.emplace_back(place);
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  }
  return path;
}

void Registry::add(const fs::path& place) {
  std::error_code error;
  if (!fs::exists(place, error)) {
    fail(Failure::plugin, "{}: no such plugin file or folder", place.string());
  }
  impl_->scan(place);
  if (fs::is_directory(place, error)) return;
  for (const auto& record : impl_->records) {
    if (fs::equivalent(record->info.file, place, error) && !record->info.refused.empty()) {
      fail(Failure::plugin, "{}", record->info.refused);
    }
  }
}

const std::vector<fs::path>& Registry::searched() const noexcept {
  return impl_->path;
}

std::vector<PluginInfo> Registry::list() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<PluginInfo> all;
  for (const auto& record : impl_->records) all.push_back(record->info);
  const auto rank = [](const PluginInfo& plugin) {
    return std::ranges::find(kPluginKinds, plugin.kind) - std::begin(kPluginKinds);
  };
  std::ranges::stable_sort(all, [&](const PluginInfo& a, const PluginInfo& b) {
    return std::tuple(rank(a), a.name) < std::tuple(rank(b), b.name);
  });
  return all;
}

std::vector<PluginInfo> Registry::loaded() const {
  auto all = list();
  std::erase_if(all, [](const PluginInfo& plugin) { return !plugin.loaded; });
  return all;
}

PluginInfo Registry::find(std::string_view kind, std::string_view name) const {
  return impl_->load(kind, name).info;
}

Description Registry::describe(std::string_view kind, std::string_view name) const {
  if (auto written = impl_->written(kind, name)) return *std::move(written);
  const Record& record = impl_->load(kind, name);
  return code_description(*record.entry, record.info.file);
}

std::vector<std::string> Registry::names(std::string_view kind) const {
  return impl_->names(kind);
}

Node Registry::resolve(std::string_view kind, const PluginChoice& choice,
                       Problems& problems) const {
  try {
    const Record& record = impl_->load(kind, choice.name);
    ReadContext context{problems, this};
    return named(record.info, [&] {
      return guarded(
          origin_of(record.info), [] { return "while reading its options"; },
          [&] { return record.entry->resolve(choice.options, context); });
    });
  } catch (const Error& error) {
    problems.add(choice.mark, error.what(), error.kind());
    return choice.options;
  }
}

std::unique_ptr<Cell> Registry::make_cell(const PluginChoice& choice, const CellSizes& sizes,
                                          const Parameters& parameters) const {
  return impl_->make<kinds::cell>(*this, "cell", choice, sizes, parameters);
}

std::unique_ptr<Encoder> Registry::make_encoder(const PluginChoice& choice,
                                                const EncoderSizes& sizes,
                                                const Parameters& parameters) const {
  return impl_->make<kinds::encoder>(*this, "encoder", choice, sizes, parameters);
}

std::unique_ptr<Architecture> Registry::make_architecture(
    const PluginChoice& choice, const ArchitectureContext& context) const {
  return impl_->make<kinds::architecture>(*this, "architecture", choice, context);
}

std::unique_ptr<Tokenizer> Registry::make_tokenizer(const PluginChoice& choice) const {
  return impl_->make<kinds::tokenizer>(*this, "tokenizer", choice);
}

std::unique_ptr<Sampler> Registry::make_sampler(const PluginChoice& choice) const {
  return impl_->make<kinds::sampler>(*this, "sampler", choice);
}

std::unique_ptr<Dataset> Registry::make_dataset(const PluginChoice& choice) const {
  return impl_->make<kinds::dataset>(*this, "dataset", choice);
}

std::unique_ptr<Optimizer> Registry::make_optimizer(const PluginChoice& choice) const {
  return impl_->make<kinds::optimizer>(*this, "optimizer", choice);
}

}  // namespace unroll
