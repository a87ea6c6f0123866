#include <unroll/results/observed_run.hpp>

#include <unroll/results/run_file.hpp>

namespace unroll {

ObservedRun observe_run(const std::filesystem::path& path, RunParts parts) {
  for (;;) {
    const std::string seal = seal_of_file(path);
    ObservedRun run{open_run(path, parts), run_writer(path)};
    // Whoever is gone by now may have said goodbye since the file was read.
    if (!run.killed() || seal_of_file(path) == seal) return run;
  }
}

}  // namespace unroll
