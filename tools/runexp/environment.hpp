// What a run was made with: versions, processor, plugins and data, for the run file.
#pragma once

#include <unroll/core/archive.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/results/run_record.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll::cli {

/// Entries: unroll_version, git_revision, compute_library, processor, threads, and the tables
/// plugins/{kind,name,version,file,sha256} and data/{path,bytes,sha256}, and initialize_from/…
/// where the run began with another's weights.
Archive describe_environment(const Trainer& trainer, const Registry& registry);

/// What the data taught, with statistics of the vocabularies.
void describe_vocabulary(RunRecord& record, Trainer& trainer);

}  // namespace unroll::cli
