// Corpus: a data set by its name in the catalogue, from the cache, fetched the first time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace unroll {

/// Where data sets are kept, a folder each: $UNROLL_DATA, else unroll/data in $XDG_CACHE_HOME or
/// ~/.cache.
std::filesystem::path data_folder();

/// The files of a data set, sorted by name: `austen` means all of them, `austen/emma` or
/// `austen/emma.txt` one. Whoever puts files into the data folder finds them in the same way.
///
/// What is not there is fetched by get-data, whose progress goes to standard error, unless the
/// environment has UNROLL_NO_FETCH. Throws Error(data) with the reason and the way out: no such
/// name, fetching forbidden or failed. Not for two threads at once.
std::vector<std::filesystem::path> find_corpus(const std::string& name);

}  // namespace unroll
