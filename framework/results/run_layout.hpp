// The run file's bytes: the sealed user block, and where each part of a RunRecord lies in HDF5.
// docs/run-file.md describes both for people who read run files without this code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <unroll/results/run_record.hpp>

namespace unroll {

inline constexpr int kRunFormatVersion = 1;

/// What to load: everything; all but weights, state and best weights; neither these nor what the
/// microscope saw; or only what runs are compared by: attributes, configuration, environment,
/// metrics and timing.
enum class RunParts { all, without_weights, without_arrays, figures };

/// A complete run file, sealed. Equal records give equal bytes.
std::string run_to_bytes(const RunRecord& record);
/// The same with these best weights (null: none) in the place of the record's own.
std::string run_to_bytes(const RunRecord& record, const RunRecord::Best* best);

/// The inverse, of bytes whose seal has been checked; `name` is used in messages.
RunRecord run_from_bytes(std::string_view bytes, const std::string& name, RunParts parts);

/// Reads a file and checks its seal before anything parses it. Throws Error(data), each with its
/// own words: missing, not a run file, of a newer version, truncated, damaged.
std::string read_sealed(const std::filesystem::path& path);

/// The SHA-256 in the seal of bytes from `read_sealed` or `run_to_bytes`.
std::string seal_of(std::string_view bytes);
/// The same of what the file is at the moment, unchecked.
std::string seal_of_file(const std::filesystem::path& path);

/// Does a file begin as run files do? It may be damaged all the same.
bool looks_like_run(const std::filesystem::path& path);

}  // namespace unroll
