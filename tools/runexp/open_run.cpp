#include "open_run.hpp"

#include <fmt/format.h>

#include "terminal.hpp"

namespace unroll::cli {

void print_warnings(const RunRecord& run) {
  for (const std::string& warning : run.warnings)
    fmt::print(stderr, "runexp: {}\n", printable(warning));
}

RunRecord read_run(const std::string& path, RunParts parts) {
  RunRecord run = open_run(path, parts);
  print_warnings(run);
  return run;
}

}  // namespace unroll::cli
