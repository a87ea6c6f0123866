#include "training_session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <unroll/core/error.hpp>

#include "interrupt.hpp"
#include "report.hpp"
#include "terminal.hpp"

namespace unroll::cli {

int train(Trainer& trainer, RunWriter& file, const SessionOptions& options) {
  const std::string path = file.path().string();
  Summary summary;
  {
    TrainingReport report(options.quiet);
    report.announce(trainer, path);
    summary = trainer.train(&file, report, stop_flag());
  }
  print_summary(trainer, summary, path, options.json);
  if (summary.status == Status::completed) {
    const bool met = std::all_of(summary.judgements.begin(), summary.judgements.end(),
                                 [](const Judgement& judgement) { return judgement.met; });
    return options.gate && !met ? static_cast<int>(Failure::gate) : 0;
  }
  if (options.json) fmt::print(stderr, "interrupted; go on with: {} resume {}\n", program(), path);
  return interrupted_code();
}

}  // namespace unroll::cli
