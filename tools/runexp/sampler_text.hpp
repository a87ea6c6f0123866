// Samplers as the command line writes them: `greedy`, `temperature:temperature=0.7,top_k=10`.
#pragma once

#include <string_view>

#include <unroll/config/schema.hpp>

namespace unroll::cli {

/// Reads and checks; throws Error(usage) with every mistake.
PluginChoice sampler_from_text(std::string_view text, const PluginCatalogue& plugins);

}  // namespace unroll::cli
