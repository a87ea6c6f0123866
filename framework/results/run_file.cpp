#include <unroll/results/run_file.hpp>

#include <unistd.h>

#include <array>
#include <new>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/results/background_save.hpp>
#include <unroll/results/journal.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 8;

/// A file's text; nothing if there is none or it vanished meanwhile.
std::string text_of(const fs::path& path) {
  try {
    return read_file(path);
  } catch (const Error&) {
    return {};
  }
}

/// The journal of the run file of this seal; nothing if there is none.
std::string journal_text(const fs::path& run, const std::string& seal) {
  // The second may become the first between two looks.
  for (const fs::path& path : {journal_of(run), next_journal_of(run), journal_of(run)})
    if (std::string text = text_of(path); belongs_to(text, seal)) return text;
  return {};
}

/// Removes a second journal that a killed writer left, unless it is the one that counts.
void remove_next_journal(const fs::path& run) {
  std::error_code ignored;
  const fs::path path = next_journal_of(run);
  if (fs::exists(path, ignored) && !belongs_to(text_of(path), seal_of_file(run)))
    fs::remove(path, ignored);
}

/// Removes RUN.h5.PID.tmp of writers that were killed; the lock says that none is alive.
void remove_temporaries(const fs::path& run) {
  const std::string start = run.filename().string() + ".";
  std::error_code ignored;
  const fs::path folder = run.has_parent_path() ? run.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(start) || !name.ends_with(".tmp") || name.size() < start.size() + 5)
      continue;
    const std::string number = name.substr(start.size(), name.size() - start.size() - 4);
    if (number.find_first_not_of("0123456789") == std::string::npos)
      fs::remove(entry.path(), ignored);
  }
}

std::string new_run_id(const RunRecord& record) {
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  return fmt::format("{}-{}-{}", record.experiment, record.created,
                     sha256(fmt::format("{}\n{}\n{}\n{}", host.data(), ::getpid(), record.created,
                                        record.config_resolved))
                         .substr(0, 8));
}

}  // namespace

RunRecord open_run(const fs::path& path, RunParts parts) {
  for (int attempt = 0;; ++attempt) {
    const std::string bytes = read_sealed(path);
    const std::string journal = journal_text(path, seal_of(bytes));
    // A new checkpoint may have been renamed into place, and its predecessor's journal removed,
    // between the two reads; then the pair is read again.
    if (attempt < kAttempts && seal_of_file(path) != seal_of(bytes)) continue;
    RunRecord record = run_from_bytes(bytes, path.string(), parts);
    fold_journal(journal, seal_of(bytes), journal_of(path).string(), record);
    return record;
  }
}

void sweep_run(const fs::path& path) {
  try {
    const RunLock lock(path);
    remove_temporaries(path);
    std::error_code ignored;
    if (!belongs_to(text_of(journal_of(path)), seal_of_file(path)))
      fs::remove(journal_of(path), ignored);
    remove_next_journal(path);
  } catch (const Error&) {  // someone writes it, or nobody may: then it is left as it is
  }
}

RunWriter::RunWriter(fs::path path, std::unique_ptr<RunLock> lock, RunRecord record)
    : path_(std::move(path)), lock_(std::move(lock)), record_(std::move(record)) {}

RunWriter::RunWriter(RunWriter&&) noexcept = default;
RunWriter& RunWriter::operator=(RunWriter&&) noexcept = default;
RunWriter::~RunWriter() = default;

RunWriter RunWriter::create(const fs::path& path, RunRecord record, bool overwrite) {
  std::error_code problem;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), problem);
  if (problem)
    fail(Failure::data, "{}: its folder cannot be made: {}", path.string(), problem.message());
  auto lock = std::make_unique<RunLock>(path);
  if (fs::exists(path, problem)) {
    if (!looks_like_run(path))
      fail(Failure::usage, "{}: exists and is not a run file; choose another name", path.string());
    if (!overwrite)
      fail(Failure::usage, "{}: exists already; give --force to replace it, or another name",
           path.string());
  }
  if (!overwrite && !kept_steps(path).empty())
    fail(Failure::usage,
         "{}: checkpoints of a former run are there; give --force to remove them, or another name",
         kept_folder(path).string());
  remove_temporaries(path);
  remove_next_journal(path);
  remove_checkpoints(path);
  if (record.created.empty()) record.created = iso_time_now();
  if (record.run_id.empty()) record.run_id = new_run_id(record);
  RunWriter writer(path, std::move(lock), std::move(record));
  writer.start();
  return writer;
}

RunWriter RunWriter::resume(const fs::path& path) {
  if (!fs::exists(path)) read_sealed(path);  // says so without leaving a lock file behind
  auto lock = std::make_unique<RunLock>(path);
  RunRecord record = open_run(path);
  remove_temporaries(path);
  record.rewind_to_checkpoint();
  RunWriter writer(path, std::move(lock), std::move(record));
  writer.saved_ = true;
  writer.saved_step_ = writer.record_.step;
  writer.checkpoint_saved_ = writer.record_.checkpointed();
  return writer;
}

template <typename Writing>
void RunWriter::say_what_is_left(Writing writing) const {
  const auto say = [this](Failure kind, std::string_view problem) {
    std::error_code ignored;
    if (!fs::exists(path_, ignored))
      fail(kind, "{}; the run file is gone, someone removed or renamed it", problem);
    fail(
        kind, "{}; its last checkpoint (step {}) is intact{}; `runexp resume` continues it",
        problem, saved_step_,
        fs::exists(journal_of(path_), ignored) ? ", and so are the rows since in its journal" : "");
  };
  try {
    writing();
  } catch (const Error& error) {
    if (!saved_) throw;
    say(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    if (!saved_) throw;
    say(Failure::run, fmt::format("{}: cannot be written: out of memory", path_.string()));
  }
}

void RunWriter::start() {
  if (journal_) return;
  record_.status = RunStatus::running;
  record_.reason.clear();
  record_.finished.clear();
  save();
}

void RunWriter::append_row(std::string_view kind, std::string_view split, std::int64_t step,
                           std::vector<Metric> metrics) {
  auto& tables = kind == "timing" ? record_.timing : record_.metrics;
  if (split.empty() || split == "." || split.find('/') != std::string_view::npos)
    fail(Failure::run, "'{}' cannot be the name of a split", split);
  start();
  tables[std::string(split)].append(step, metrics);
  say_what_is_left([&] { journal_->append_row(kind, split, step, metrics); });
}

void RunWriter::append_metrics(std::string_view split, std::int64_t step,
                               std::vector<Metric> metrics) {
  append_row("metrics", split, step, std::move(metrics));
}

void RunWriter::append_timing(std::string_view split, std::int64_t step,
                              std::vector<Metric> metrics) {
  append_row("timing", split, step, std::move(metrics));
}

void RunWriter::append_sample(RunSample sample) {
  start();
  record_.samples.push_back(std::move(sample));
  say_what_is_left([&] { journal_->append_sample(record_.samples.back()); });
}

void RunWriter::checkpoint(Checkpoint checkpoint) {
  take_snapshot(std::move(checkpoint), true);
  settle();
}

void RunWriter::begin_checkpoint(Checkpoint checkpoint) {
  take_snapshot(std::move(checkpoint), false);
}

void RunWriter::take_snapshot(Checkpoint checkpoint, bool awaited) {
  start();
  settle();
  if (checkpoint.best) record_.best = std::move(checkpoint.best);
  if (record_.best) best_ = std::make_shared<const RunRecord::Best>(std::move(*record_.best));
  record_.best.reset();
  record_.step = checkpoint.step;
  record_.mark_checkpoint();
  record_.weights = {};
  record_.state = {};
  Snapshot snapshot{record_, best_};
  snapshot.record.weights = std::move(checkpoint.weights);
  snapshot.record.state = std::move(checkpoint.state);
  journal_->mark();
  saving_ = std::make_unique<BackgroundSave>(path_, std::move(snapshot), awaited);
}

void RunWriter::poll(double patience) {
  if (saving_ && saving_->ready(patience)) settle();
}

/// Waits for the checkpoint that is being written and puts it in place. Its arrays stay in memory
/// where that fails, for another attempt, or where they are asked for.
void RunWriter::settle(bool keep_arrays) {
  if (!saving_) return;
  const std::unique_ptr<BackgroundSave> saving = std::move(saving_);
  const auto take_arrays = [&] {
    record_.weights = std::move(saving->record().weights);
    record_.state = std::move(saving->record().state);
    arrays_on_disk_ = false;
  };
  try {
    say_what_is_left([&] {
      saving->wait();
      if (keep_.keeps() && checkpoint_saved_ && saving->step() != saved_step_)
        keep_checkpoint(path_, saved_step_);
      journal_->prepare(saving->seal());
      try {
        saving->commit();
      } catch (const Error&) {
        // Where the folder could not be synced after the renaming, the new file stands all the
        // same.
        if (seal_of_file(path_) == saving->seal())
          now_in_place(saving->step(), true, saving->seal());
        throw;
      }
    });
  } catch (...) {
    journal_->abandon();
    take_arrays();
    throw;
  }
  arrays_on_disk_ = true;
  writing_seconds_ = saving->seconds();
  if (keep_arrays) take_arrays();
  if (keep_.keeps()) prune_checkpoints(path_, keep_);
  say_what_is_left([&] { now_in_place(saving->step(), true, saving->seal()); });
}

void RunWriter::finish(RunStatus status, std::string reason) {
  settle(true);
  record_.status = status;
  record_.reason = std::move(reason);
  record_.finished = iso_time_now();
  if (arrays_on_disk_) {
    RunRecord saved = run_from_bytes(read_sealed(path_), path_.string(), RunParts::all);
    record_.weights = std::move(saved.weights);
    record_.state = std::move(saved.state);
    arrays_on_disk_ = false;
  }
  save();
}

void RunWriter::save() {
  if (journal_) journal_->mark();
  const std::string bytes = run_to_bytes(record_, record_.best ? &*record_.best : best_.get());
  const auto in_place = [&] { now_in_place(record_.step, record_.checkpointed(), seal_of(bytes)); };
  say_what_is_left([&] {
    try {
      write_file_atomically(path_, bytes);
    } catch (const Error&) {
      // As in `settle`.
      if (seal_of_file(path_) == seal_of(bytes)) in_place();
      throw;
    }
  });
  in_place();
}

void RunWriter::now_in_place(std::int64_t step, bool checkpoint, const std::string& seal) {
  saved_ = true;
  saved_step_ = step;
  checkpoint_saved_ = checkpoint;
  const bool first = !journal_;
  if (first) journal_ = std::make_unique<Journal>(journal_of(path_), seal);
  journal_->move_to(seal);
  if (first) remove_next_journal(path_);
}

}  // namespace unroll
