// The journal beside a run file: what was measured and written since the last checkpoint.
//
//   journal = header { record }      header = "UNROLLJOURNAL 1 " seal-of-the-run-file "\n"
//   record  = check " " body "\n"    check  = first 16 hex digits of SHA-256(body)
//   body    = "metrics" TAB split TAB step { TAB name TAB unit TAB value }
//           | "timing"  TAB split TAB step { TAB name TAB unit TAB value }
//           | "sample"  TAB step TAB sampler TAB prompt TAB text TAB expected
//                                 { TAB name TAB unit TAB value }
//
// Values are the shortest decimals that give the same bits; in texts, backslash, tab and newline
// are written \\ \t \n. A journal belongs to the run file whose seal it names and is ignored beside
// another, so that a kill between the renaming of a checkpoint and the removal of the journal
// repeats nothing. Reading stops at the first record that is torn or damaged.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/results/run_record.hpp>

namespace unroll {

/// RUN.h5 -> RUN.h5.journal
std::filesystem::path journal_of(const std::filesystem::path& run);
/// RUN.h5 -> RUN.h5.journal.next: that of a checkpoint which is being put in place.
std::filesystem::path next_journal_of(const std::filesystem::path& run);

/// Appends to the journal of one checkpoint; the file appears with the first record.
class Journal {
 public:
  Journal(std::filesystem::path path, std::string seal);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// One write each, not synced. On failure (full disk) throws Error(data), and the journal ends
  /// with the last complete record.
  void append_row(std::string_view kind, std::string_view split, std::int64_t step,
                  const std::vector<Metric>& metrics);
  void append_sample(const RunSample& sample);

  /// A checkpoint is about to be written that has all records so far.
  void mark();
  /// The marked checkpoint, of this seal, is about to be put in place: writes a second journal,
  /// with the records since the mark, so that a kill before or after that loses none. Throws
  /// Error(data) as `append_row` does.
  void prepare(const std::string& seal);
  /// It is not put in place after all.
  void abandon();
  /// It is in place: the second journal, if there had to be one, takes the place of the first.
  void move_to(std::string seal);

 private:
  void append(const std::string& body);
  void write(std::string bytes);
  void close();

  std::filesystem::path path_;
  std::string seal_;
  int descriptor_ = -1;
  std::uint64_t length_ = 0;
  bool marked_ = false;
  std::string since_mark_;  ///< lines that the journal of the next checkpoint begins with
  std::unique_ptr<Journal> next_;
};

/// Is this the text of the journal of the run file of this seal?
bool belongs_to(std::string_view text, std::string_view seal);

/// Adds a journal's records to `record` if the text belongs to the run file of this seal; warns in
/// `record.warnings` of a damaged end.
void fold_journal(std::string_view text, std::string_view seal, const std::string& name,
                  RunRecord& record);

}  // namespace unroll
