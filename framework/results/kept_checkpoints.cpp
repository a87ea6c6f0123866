#include <unroll/results/kept_checkpoints.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;

/// 120.h5 -> 120; nothing for files of other names.
std::optional<std::int64_t> step_of(const fs::path& file) {
  const std::string stem = file.stem().string();
  std::int64_t step = 0;
  const auto [end, problem] = std::from_chars(stem.data(), stem.data() + stem.size(), step);
  const bool number = problem == std::errc() && end == stem.data() + stem.size() && step >= 0;
  return number && file.extension() == ".h5" ? std::optional(step) : std::nullopt;
}

}  // namespace

fs::path kept_folder(const fs::path& run) {
  fs::path folder = run;
  if (folder.extension() == ".h5") folder.replace_extension();
  return folder.concat(".checkpoints");
}

fs::path kept_checkpoint(const fs::path& run, std::int64_t step) {
  return kept_folder(run) / fmt::format("{}.h5", step);
}

std::vector<std::int64_t> kept_steps(const fs::path& run) {
  std::vector<std::int64_t> steps;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kept_folder(run), none))
    if (const auto step = step_of(entry.path())) steps.push_back(*step);
  std::sort(steps.begin(), steps.end());
  return steps;
}

void keep_checkpoint(const fs::path& run, std::int64_t step) {
  const fs::path kept = kept_checkpoint(run, step);
  std::error_code problem;
  if (fs::exists(kept, problem)) return;  // a kill came between keeping it and replacing it
  fs::create_directories(kept.parent_path(), problem);
  if (problem)
    fail(Failure::data, "{}: cannot be made: {}", kept.parent_path().string(), problem.message());
  if (::link(run.c_str(), kept.c_str()) == 0)
    sync_folder_of(kept);
  else if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK)
    write_file_atomically(kept, read_file(run));
  else
    fail(Failure::data, "{}: cannot be made: {}", kept.string(), std::strerror(errno));
}

void prune_checkpoints(const fs::path& run, const KeepRule& rule) {
  const std::vector<std::int64_t> steps = kept_steps(run);
  const auto last = std::min(static_cast<std::size_t>(rule.last), steps.size());
  std::int64_t before = 0;
  for (std::size_t i = 0; i + last < steps.size(); ++i) {
    const bool first_of_its_kind = rule.every > 0 && steps[i] / rule.every > before / rule.every;
    before = steps[i];
    std::error_code ignored;
    if (!first_of_its_kind) fs::remove(kept_checkpoint(run, steps[i]), ignored);
  }
}

void remove_checkpoints(const fs::path& run) {
  std::error_code ignored;
  for (const std::int64_t step : kept_steps(run)) fs::remove(kept_checkpoint(run, step), ignored);
  fs::remove(kept_folder(run), ignored);  // unless something else is in it
}

}  // namespace unroll
