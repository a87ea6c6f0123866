#include "architecture_trials.hpp"

#include <algorithm>
#include <utility>

namespace unroll::conformance::architectures {

void each(Examination& examination, const Use& use, const Choose& choose) {
  const Node small = small_options(examination);
  bool first = true, taken = false;
  for (const Variant& variant : variants_of(examination)) {
    const bool defaults = std::exchange(first, false);
    if (!defaults && choose && !choose(variant)) continue;
    for (const Form& form : forms()) {
      const Asked asked{examination, form, merged(small, variant.options)};
      examination.doing(form.name + with(variant));
      if (!asked.make(DType::f32, examination.seed())) continue;
      taken = true;
      if (auto found = use(asked)) {
        found->smallest += (found->smallest.empty() ? "" : ", ") + form.name + with(variant);
        examination.found(*found);
      }
      if (examination.enough()) return;
      if (!defaults) break;
    }
  }
  if (!taken) {
    std::string tried;
    for (const Form& form : forms()) tried += (tried.empty() ? "" : ", ") + form.name;
    examination.skip("it declines all of these: " + tried);
  }
}

void count_all(Trial& trial) {
  if (!trial.architecture->counts()) return;
  const auto batches = trial.batches(5);
  for (std::int64_t i = 0; i < batches->per_epoch(); ++i)
    trial.architecture->count(batches->get(i));
}

Figures evaluate(Trial& trial, std::int64_t batch, std::int64_t window, std::int64_t most_steps) {
  const auto batches = trial.batches(batch, window);
  batches->begin_epoch(0);
  Graph graph(Graph::Mode::infer);
  Carry carry;
  Figures figures;
  const std::int64_t count = batches->carries()
                                 ? std::min(batches->per_epoch(), most_steps / window)
                                 : batches->per_epoch();
  for (std::int64_t i = 0; i < count; ++i) {
    graph.clear();
    if (!batches->carries()) carry.clear();
    const Outcome outcome = trial.architecture->run(graph, batches->get(i), carry, nullptr);
    figures.total += outcome.total;
    figures.counted += outcome.counted;
  }
  return figures;
}

}  // namespace unroll::conformance::architectures
