#include "training_session.hpp"

#include <fmt/format.h>

#include "interrupt.hpp"
#include "report.hpp"
#include "terminal.hpp"

namespace unroll::cli {

int train(Trainer& trainer, RunWriter& file, bool quiet, bool json) {
  const std::string path = file.path().string();
  Summary summary;
  {
    TrainingReport report(quiet);
    report.announce(trainer, path);
    summary = trainer.train(&file, report, stop_flag());
  }
  print_summary(trainer, summary, path, json);
  if (summary.status == Status::completed) return 0;
  if (json) fmt::print(stderr, "interrupted; go on with: {} resume {}\n", program(), path);
  return interrupted_code();
}

}  // namespace unroll::cli
