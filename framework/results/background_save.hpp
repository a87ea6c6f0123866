// BackgroundSave: the bytes of a run file are made and written in a thread of their own while
// training goes on; then whoever owns the run file puts them in their place.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include <unroll/results/run_record.hpp>

namespace unroll {

/// What the thread works on; nobody changes it meanwhile.
struct Snapshot {
  RunRecord record;                             ///< without `best`
  std::shared_ptr<const RunRecord::Best> best;  ///< may be null
};

/// Not for several threads at once.
class BackgroundSave {
 public:
  /// Begins to write beside the run file in a thread that leaves the processors to others; or, if
  /// it is `awaited` anyway or there can be no more threads, does so in `wait`.
  BackgroundSave(std::filesystem::path run, Snapshot snapshot, bool awaited);
  /// Waits for the thread. What was written and not put in place is removed.
  ~BackgroundSave();
  BackgroundSave(const BackgroundSave&) = delete;
  BackgroundSave& operator=(const BackgroundSave&) = delete;

  /// Is it all written, has it failed, or does nothing happen before `wait`? Waits up to so many
  /// seconds for it.
  bool ready(double patience = 0) const;
  /// Waits until all is written and synced; throws what went wrong: Error(data) for a full disk,
  /// std::bad_alloc.
  void wait();
  /// After `wait`: puts the file in the place of the run file. Throws Error(data).
  void commit();
  /// Of what was written, after `wait`.
  const std::string& seal() const noexcept { return written_.seal; }
  /// How long the writing took, after `wait`.
  double seconds() const noexcept { return written_.seconds; }

  std::int64_t step() const noexcept { return snapshot_->record.step; }
  /// After the thread has ended: the arrays, for another attempt.
  RunRecord& record() noexcept { return snapshot_->record; }

 private:
  struct Written {
    std::filesystem::path temporary;
    std::string seal;
    double seconds = 0;
  };

  std::filesystem::path run_;
  std::unique_ptr<Snapshot> snapshot_;
  std::future<Written> result_;
  Written written_;
};

}  // namespace unroll
