// Going on with a run where its last checkpoint stands.
#pragma once

#include <string>
#include <vector>

#include "training_session.hpp"

namespace unroll::cli {

/// What `runexp resume RUN.h5` does; returns the exit code.
int resume_run(const std::string& run, const std::vector<std::string>& plugins,
               const SessionOptions& session);

}  // namespace unroll::cli
