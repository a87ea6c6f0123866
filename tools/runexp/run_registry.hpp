// The plugins that a run was made with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <unroll/plugin/registry.hpp>
#include <unroll/results/run_record.hpp>

namespace unroll::cli {

/// A registry that knows these folders and libraries and, where they lack a plugin of the run, the
/// library that the run loaded it from.
std::unique_ptr<Registry> make_registry(const std::vector<std::string>& places,
                                        const RunRecord& run);

}  // namespace unroll::cli
