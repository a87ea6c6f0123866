// Writing: a text for each of many examples, side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <unroll/core/stop_flag.hpp>
#include <unroll/model/sampler.hpp>
#include <unroll/training/model.hpp>

namespace unroll {

/// Makes one sampler a text, since samplers may remember what they chose.
using MakeSampler = std::function<std::unique_ptr<Sampler>()>;

struct WritingOptions {
  std::int64_t length = 300;  ///< tokens at most
  std::int64_t batch = 64;    ///< texts side by side; changes no text
  std::uint64_t seed = 1;
  std::string stream = "write";  ///< names the random streams, one an example
};

/// What the model writes given each of these examples (tasks whose goal is a text), in their
/// order. Unknown and padding are never written; a text ends at the end token.
/// `stop` (may be null) ends early; texts not written are then empty.
/// Throws Error(usage) if the architecture does not write.
std::vector<std::string> write_texts(const Model& model, const Encoded& given,
                                     std::span<const std::int64_t> which,
                                     const MakeSampler& make_sampler, const WritingOptions& options,
                                     const StopFlag* stop = nullptr);

/// Examples from what a person typed: texts to read, or class names to write for. A task that
/// reads neither gets as many empty ones. Throws Error(usage) for an unknown class.
Encoded encode_prompts(const Model& model, std::span<const std::string> prompts);

/// Fills in what `evaluate` would compare answers with, where nobody knows it: no class, zeros, a
/// tag for each token.
void leave_unanswered(const Model& model, Encoded& given);

/// `count` places spread evenly over `size`; all of them where count is 0 or too large.
std::vector<std::int64_t> spread(std::int64_t count, std::int64_t size);

}  // namespace unroll
