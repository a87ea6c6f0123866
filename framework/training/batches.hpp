// Batches: texts cut into [T, N] windows.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <unroll/model/architecture.hpp>

namespace unroll {

using TokenText = std::vector<TokenId>;

/// The batches of an epoch. Position and order follow from seed, epoch and index alone, so a run
/// resumes anywhere without saved random state.
class Batches {
 public:
  virtual ~Batches() = default;
  virtual std::int64_t per_epoch() const = 0;
  /// Targets of one epoch.
  virtual std::int64_t tokens_per_epoch() const = 0;
  /// Sets the order for this epoch (0, 1, …).
  virtual void begin_epoch(std::int64_t epoch) = 0;
  /// Fills batch `index` of the epoch; the tensors are reused from call to call.
  virtual const Batch& get(std::int64_t index) = 0;
  /// Does the state carry over from batch to batch? It always begins an epoch at zero.
  virtual bool carries() const = 0;
};

struct BatchOptions {
  std::int64_t batch = 64;    ///< N
  std::int64_t window = 100;  ///< T
  std::int64_t stride = 1;    ///< between the starts of windows
  bool shuffle = true;
  std::uint64_t seed = 1;
};

/// N contiguous streams, windows in order, state carried (truncated back-propagation).
///
/// Exactly N texts of about one length (within a window) are one stream each. Otherwise the texts
/// are joined in their order and cut into N equal streams; state then flows across the joints, as
/// it does in one long text. What is left of a stream after its last whole window is skipped:
/// at its end, or, with `shuffle`, at a random place: before the first window and after the last.
/// Throws Error(data) if there is not one window for each stream.
std::unique_ptr<Batches> make_streams(const std::vector<TokenText>& texts,
                                      const BatchOptions& options);

/// All windows of `window` tokens of each text, `stride` apart, in batches of N, each from a zero
/// state; shuffled every epoch. The last batch is filled up with padding (targets < 0).
/// Throws Error(data) if no text is longer than a window.
std::unique_ptr<Batches> make_windows(const std::vector<TokenText>& texts,
                                      const BatchOptions& options);

/// Whole texts side by side in windows of `window` steps, state carried; shorter ones padded.
/// The order in which `evaluate` reads.
std::unique_ptr<Batches> make_documents(std::span<const TokenText> texts, std::int64_t window);

}  // namespace unroll
