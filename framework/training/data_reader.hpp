// DataReader: what an experiment's dataset gives, as ids.
#pragma once

#include <cstdint>
#include <optional>

#include <unroll/model/text_streams.hpp>
#include <unroll/training/encoded.hpp>
#include <unroll/training/experiment.hpp>
#include <unroll/training/text_cache.hpp>

namespace unroll {

class Registry;

/// Long texts stay in their files (model/text_streams.hpp) and their ids go through the cache
/// (training/text_cache.hpp); all else is loaded and held in memory. What is learnt and encoded is
/// the same either way.
class DataReader {
 public:
  /// Loads or opens. Throws Error(data) if there is no training split. Both must outlive it.
  DataReader(const ExperimentOptions& options, const Registry& registry);

  /// Of streams, the examples are as many as there are, and empty.
  Splits& splits() noexcept { return splits_; }
  Domain learn(const Tokenizers& tokenizers) const;

  enum class Part { train, validation, test };
  /// Takes the examples of a split away.
  Encoded encode(Part part, const Domain& domain, const Tokenizers& tokenizers);

 private:
  const std::vector<std::string_view>& texts_of(Part part) const;
  std::string identity() const;

  const ExperimentOptions& options_;
  const Registry& registry_;
  TextCache cache_;
  Splits splits_;
  std::optional<StreamSplits> streams_;
  std::string identity_;  ///< of the tokenizer; empty: nothing is kept
};

}  // namespace unroll
