// Side by side: many texts from one prompt, written in one batch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <unroll/core/stop_flag.hpp>
#include <unroll/training/generation.hpp>

namespace unroll {

/// One text: how its tokens are chosen, and by which chances.
struct TextChoice {
  std::unique_ptr<Sampler> sampler;
  RandomStream random;
};

/// `length` tokens after the prompt for each of `texts`, or fewer where the model ends one, as
/// `Generator::generate` writes each alone: with packed weights to the bit, else up to rounding. A
/// text's `seconds` are its share of the time. `stop` (may be null) ends all texts early.
/// Throws Error(usage) as Generator does.
std::vector<Generated> generate_side_by_side(const Model& model, std::string_view prompt,
                                             std::int64_t length, std::vector<TextChoice> texts,
                                             WeightFormat format = WeightFormat::f32,
                                             const StopFlag* stop = nullptr);

}  // namespace unroll
