// Batches: texts cut into [T, N] windows, or whole examples side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <unroll/model/architecture.hpp>
#include <unroll/training/encoded.hpp>

namespace unroll {

/// The batches of an epoch. Position and order follow from seed, epoch and index alone, so a run
/// resumes anywhere without saved random state.
class Batches {
 public:
  virtual ~Batches() = default;
  virtual std::int64_t per_epoch() const = 0;
  /// Targets of one epoch: tokens, or examples where each is one target.
  virtual std::int64_t targets_per_epoch() const = 0;
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
  std::int64_t bucket = 50;  ///< batches whose examples are sorted by length together
  std::uint64_t seed = 1;
  /// Of more windows than this the order is computed, not kept: 4 bytes each.
  std::int64_t most_kept = std::int64_t{1} << 26;
};

/// N contiguous streams, windows in order, state carried (truncated back-propagation).
///
/// Exactly N texts of about one length (within a window) are one stream each. Otherwise the texts
/// are joined in their order and cut into N equal streams; state then flows across the joints, as
/// it does in one long text. What is left of a stream after its last whole window is skipped:
/// at its end, or, with `shuffle`, at a random place: before the first window and after the last.
/// Throws Error(data) if there is not one window for each stream.
std::unique_ptr<Batches> make_streams(TokenStore texts, const BatchOptions& options);
std::unique_ptr<Batches> make_streams(const std::vector<TokenText>& texts,
                                      const BatchOptions& options);

/// All windows of `window` tokens of each text, `stride` apart, in batches of N, each from a zero
/// state; shuffled every epoch. The last batch is filled up with padding (targets < 0).
/// Throws Error(data) if no text is longer than a window.
std::unique_ptr<Batches> make_windows(TokenStore texts, const BatchOptions& options);
std::unique_ptr<Batches> make_windows(const std::vector<TokenText>& texts,
                                      const BatchOptions& options);

/// Whole texts side by side in windows of `window` steps, state carried; shorter ones padded.
/// The order in which `evaluate` reads. The texts must outlive the batches.
std::unique_ptr<Batches> make_documents(std::vector<TokenSpan> texts, std::int64_t window);
std::unique_ptr<Batches> make_documents(std::span<const TokenText> texts, std::int64_t window);

/// Whole examples, N a batch (the last batch of an epoch may be smaller), as the task reads and
/// predicts them. Examples of like length share a batch, so that little is padding: within every
/// `bucket` batches, which are drawn at random, examples are sorted by length; then the batches are
/// shuffled. Within a batch the longest is first, and `Batch::examples` says which is which.
/// `encoded` must outlive the batches. Throws Error(data) naming an example that cannot be used:
/// nothing to read, or tags that are not one a token.
std::unique_ptr<Batches> make_examples(const Encoded& encoded, const Domain& domain,
                                       const Task& task, const BatchOptions& options);

}  // namespace unroll
