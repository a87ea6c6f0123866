// Small data files that datasets can be checked with.
#pragma once

#include <filesystem>
#include <vector>

#include <unroll/config/schema.hpp>

namespace unroll::conformance {

/// Options that name files, for a dataset that has such options.
struct Recipe {
  Node options = Node::map({});
  bool reads_files = true;
};

/// Writes 40 rows into the folder: texts, classes, numbers, vectors, pictures; and says how a
/// dataset with these options could be asked to read them.
std::vector<Recipe> write_data_files(const std::filesystem::path& folder,
                                     const std::vector<OptionDescription>& options);

}  // namespace unroll::conformance
