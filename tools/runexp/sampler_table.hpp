// What each sampler made of one model, side by side.
#pragma once

#include <string>
#include <vector>

#include <unroll/training/trainer.hpp>

#include "json_output.hpp"

namespace unroll::cli {

/// One sampler's texts: the mean of each figure over those that have it.
struct SamplerRow {
  std::string sampler;
  std::int64_t texts = 0;
  std::int64_t cycling = 0;  ///< texts that end in the same words again and again
  std::vector<Metric> figures;
};

/// In the order of the samplers' first texts; held-out examples are left out.
std::vector<SamplerRow> compare_samplers(const std::vector<SampleReport>& samples);

/// A line a sampler with a head, each line begun by two spaces; empty for fewer than two samplers.
std::string sampler_table(const std::vector<SamplerRow>& rows);
Json sampler_json(const std::vector<SamplerRow>& rows);

}  // namespace unroll::cli
