// Run files: one experiment, one HDF5 file, never modified in place.
//
// A checkpoint is written beside the file, synced and renamed over it; what is measured between
// checkpoints goes to the journal beside it. A kill at any instant leaves a file that opens, with
// the last checkpoint and every row appended since.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/results/kept_checkpoints.hpp>
#include <unroll/results/run_layout.hpp>
#include <unroll/results/run_lock.hpp>
#include <unroll/results/run_record.hpp>

namespace unroll {

/// Reads a run file, its journal folded in; writes nothing, so that any number may read while one
/// writes. Throws Error(data) in one line: missing, not ours, of a newer version, truncated,
/// damaged. A run whose status is `running` without a `run_writer(path)` was killed.
RunRecord open_run(const std::filesystem::path& path, RunParts parts = RunParts::all);

/// Removes what a writer that was killed at its very end left beside a run file: temporary files, a
/// journal of a former checkpoint, the lock. Does nothing where someone writes the run or none may.
void sweep_run(const std::filesystem::path& path);

/// What a run resumes from.
struct Checkpoint {
  std::int64_t step = 0;
  Archive weights;
  Archive state;
  /// Replaces the best weights so far; without it those are kept.
  std::optional<RunRecord::Best> best;
};

/// The one writer of a run file. Not for several threads at once.
class RunWriter {
 public:
  /// Starts a run: makes the folder, takes the lock, sweeps what a killed writer left, and writes
  /// the file as `running`, so that a folder or disk that cannot be written is found out at once.
  /// An empty `created` or `run_id` is filled in. Throws Error(usage) if the file or checkpoints
  /// kept beside it exist, unless `overwrite`; what is not a run file is never overwritten.
  static RunWriter create(const std::filesystem::path& path, RunRecord record,
                          bool overwrite = false);

  /// Takes a run up at its last checkpoint: rows and samples after it are dropped from `record()`,
  /// since they will be repeated; it has weights and state until the next checkpoint. The file
  /// stays as it is until `start`.
  static RunWriter resume(const std::filesystem::path& path);

  RunWriter(RunWriter&&) noexcept;
  RunWriter& operator=(RunWriter&&) noexcept;
  /// Frees the lock. Without `finish` the file stays `running`, as after a kill.
  ~RunWriter();

  /// Writes the file as `running`, with what `record()` says, so that a folder or disk that cannot
  /// be written is found out at once. The first row or checkpoint does so too.
  void start();
  /// Which checkpoints stay when another replaces them. At first none does.
  void keep(const KeepRule& rule) { keep_ = rule; }
  /// Is there one, in the file?
  bool has_checkpoint() const noexcept { return saving_ || checkpoint_saved_; }

  /// Adds a row to /metrics/SPLIT. What the machine's mood decides (speed, seconds) belongs in
  /// `append_timing` instead, so that equal runs have equal metrics.
  void append_metrics(std::string_view split, std::int64_t step, std::vector<Metric> metrics);
  void append_timing(std::string_view split, std::int64_t step, std::vector<Metric> metrics);
  void append_sample(RunSample sample);

  /// Writes the whole file anew, the journal folded in. If that fails (full disk), throws an
  /// Error(data) that says what is saved; the file is as it was, and trying again is allowed.
  void checkpoint(Checkpoint checkpoint);
  /// The same in a thread of its own, once the checkpoint before it is in place. `poll`, or the
  /// next checkpoint or `finish`, puts it in place and throws what went wrong. Until then readers
  /// have the former one, and after a kill it is the last; rows are lost to neither.
  void begin_checkpoint(Checkpoint checkpoint);
  /// Puts a checkpoint that has been written meanwhile in its place. Costs nothing where there is
  /// none; call it between steps. Waits up to so many seconds for one that is being written.
  void poll(double patience = 0);
  /// How long the last checkpoint in place took to write; 0: none has been begun and put in place.
  double writing_seconds() const noexcept { return writing_seconds_; }

  /// Writes the final status beside the last checkpoint. Call after the last checkpoint; again only
  /// to give another reason.
  void finish(RunStatus status, std::string reason = {});

  const std::filesystem::path& path() const noexcept { return path_; }
  /// What has been recorded so far; configuration, environment, vocabulary and best weights may be
  /// changed and are saved with the next checkpoint, after which it has the weights no more.
  RunRecord& record() noexcept { return record_; }
  const RunRecord& record() const noexcept { return record_; }

 private:
  RunWriter(std::filesystem::path path, std::unique_ptr<RunLock> lock, RunRecord record);
  void append_row(std::string_view kind, std::string_view split, std::int64_t step,
                  std::vector<Metric> metrics);
  void save();
  void take_snapshot(Checkpoint checkpoint, bool awaited);
  void settle(bool keep_arrays = false);
  template <typename Writing>
  void say_what_is_left(Writing writing) const;
  void now_in_place(std::int64_t step, bool checkpoint, const std::string& seal);

  std::filesystem::path path_;
  std::unique_ptr<RunLock> lock_;
  std::unique_ptr<class Journal> journal_;
  std::unique_ptr<class BackgroundSave> saving_;  ///< not in place yet
  std::shared_ptr<const RunRecord::Best> best_;   ///< unless `record_` has newer ones
  RunRecord record_;
  KeepRule keep_;
  bool arrays_on_disk_ = false;    ///< weights and state are in the file alone, to save memory
  bool saved_ = false;             ///< is there a file of this run yet?
  bool checkpoint_saved_ = false;  ///< with weights and state?
  std::int64_t saved_step_ = 0;    ///< step of the checkpoint in the file
  double writing_seconds_ = 0;
};

}  // namespace unroll
