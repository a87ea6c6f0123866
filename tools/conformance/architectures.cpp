// What framework/model/architecture.hpp promises of an architecture, on small data of every form
// that it takes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <unroll/autodiff/gradient_check.hpp>

#include "architecture_trials.hpp"
#include "tensors.hpp"

namespace unroll::conformance {
namespace architectures {
namespace {

using Goal = Task::Goal;

void randomise_all(ParameterStore& store, std::uint64_t seed) {
  randomise(store, seed, 0.6);
}

std::optional<Finding> no_finding() {
  return {};
}

void gradients(Examination& examination) {
  each(examination, [&](const Asked& asked) {
    std::optional<Finding> found;
    for (std::uint64_t seed = examination.seed(); seed < examination.seed() + 3; ++seed) {
      const auto trial = asked.make(DType::f64, seed, asked.form.whole ? 5 : 2);
      if (trial->architecture->counts()) return no_finding();
      randomise_all(trial->store, seed);
      const auto batches = trial->batches(asked.form.whole ? 5 : 2, 4);
      batches->begin_epoch(0);
      const Batch& batch = batches->get(0);
      const auto loss = [&](Graph& graph, std::span<const Var>) {
        Carry carry;
        return trial->architecture->run(graph, batch, carry, nullptr).loss;
      };
      const GradientCheck check = check_gradients(loss, {}, trial->store.all());
      if (check.passed()) return no_finding();  // a kink may lie in the way of one difference
      found = Finding{
          "gradients of the loss are those of finite differences, in double", check.where, {}};
    }
    return found;
  });
}

void padding(Examination& examination) {
  // An option that is about padding may be there to show what reading it does.
  std::vector<std::string> about;
  for (const OptionDescription& option : examination.description().options)
    if (option.meaning.find("padding") != std::string::npos) about.push_back(option.name);
  const Choose choose = [&](const Variant& variant) {
    return std::ranges::find(about, variant.options.entries().front().key) == about.end();
  };
  each(
      examination,
      [&](const Asked& asked) -> std::optional<Finding> {
        if (!asked.form.whole) return {};
        const auto trial = asked.make(DType::f64, examination.seed());
        randomise_all(trial->store, examination.seed());
        count_all(*trial);
        const Figures alone = evaluate(*trial, 1), together = evaluate(*trial, 5);
        if (alone.counted != together.counted)
          return Finding{
              "as many targets count in company as alone",
              fmt::format("{} in a batch of 5, {} one by one", together.counted, alone.counted),
              {}};
        if (std::abs(alone.total - together.total) > 1e-10 * std::max(1.0, std::abs(alone.total)))
          return Finding{"neither company nor padding changes the loss of an example",
                         fmt::format("{:.10g} in a batch of 5, {:.10g} one by one", together.total,
                                     alone.total),
                         {}};
        return {};
      },
      choose);
}

void carry(Examination& examination) {
  bool carries = false;
  each(examination, [&](const Asked& asked) -> std::optional<Finding> {
    if (asked.form.whole) return {};
    const auto trial = asked.make(DType::f64, examination.seed(), 2);
    if (trial->architecture->task().goal != Goal::next_token) return {};
    carries = true;
    randomise_all(trial->store, examination.seed());
    count_all(*trial);
    const Figures one = evaluate(*trial, 2, 12), two = evaluate(*trial, 2, 6);
    if (one.counted == two.counted && std::abs(one.total - two.total) <= 1e-9 * std::abs(one.total))
      return {};
    return Finding{"windows of 12 steps and windows of 6 with the state carried give one loss",
                   fmt::format("{:.10g} and {:.10g}", one.total, two.total),
                   {}};
  });
  if (!carries) examination.skip("it reads no streams");
}

void determinism(Examination& examination) {
  each(examination, [&](const Asked& asked) -> std::optional<Finding> {
    const auto one = asked.make(DType::f32, examination.seed()),
               other = asked.make(DType::f32, examination.seed());
    count_all(*one);
    count_all(*other);
    const double first = evaluate(*one, 2).total, again = evaluate(*one, 2).total,
                 second = evaluate(*other, 2).total;
    if (first != again)
      return Finding{"reading changes nothing: the same batches give the same loss again",
                     fmt::format("{:.9g}, then {:.9g}", first, again),
                     {}};
    if (first != second)
      return Finding{"two of the same seed give the same loss",
                     fmt::format("{:.9g} and {:.9g}", first, second),
                     {}};
    return {};
  });
}

/// -log softmax(logits)[target].
double nats(std::span<const float> logits, TokenId target) {
  double highest = -INFINITY, sum = 0;
  for (const float logit : logits) highest = std::max(highest, static_cast<double>(logit));
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - highest);
  return highest + std::log(sum) - static_cast<double>(logits[static_cast<std::size_t>(target)]);
}

/// What a decoder says of the first lane of a batch, fed its own tokens; nothing if it has no
/// logits of the right number.
std::optional<Figures> decoded(Decoder& decoder, const Batch& batch, Goal goal,
                               std::int64_t vocabulary) {
  const Tensor& read = goal == Goal::text ? batch.previous : batch.inputs;
  if (goal == Goal::text) {
    decoder.begin(batch);
  } else {
    decoder.reset();
  }
  Figures figures;
  for (std::int64_t t = 0; t < batch.targets.dim(0); ++t) {
    const TokenId token = read[t].data<TokenId>()[0], target = batch.targets[t].data<TokenId>()[0];
    if (target < 0) break;
    const std::span<const float> logits = decoder.next(std::span(&token, 1));
    if (static_cast<std::int64_t>(logits.size()) != vocabulary) return {};
    figures.total += nats(logits, target);
    figures.counted += 1;
  }
  return figures;
}

void generates(Examination& examination) {
  bool writes = false;
  each(examination, [&](const Asked& asked) -> std::optional<Finding> {
    const auto trial = asked.make(DType::f32, examination.seed(), asked.form.whole ? 5 : 1);
    const Goal goal = trial->architecture->task().goal;
    if (!writes_text(goal)) return {};
    if (trial->store.count() > 0) randomise_all(trial->store, examination.seed());
    count_all(*trial);
    const auto decoder = trial->architecture->decoder(1);
    if (!decoder) return {};
    writes = true;
    const auto batches = trial->batches(1, 7);
    batches->begin_epoch(0);
    const std::int64_t vocabulary = trial->domain.text.size();
    for (std::int64_t i = 0; i < (asked.form.whole ? batches->per_epoch() : 1); ++i) {
      const Batch& batch = batches->get(i);
      Graph graph(Graph::Mode::infer);
      Carry nothing;
      const Outcome read = trial->architecture->run(graph, batch, nothing, nullptr);
      for (const char* time : {"at first", "after a reset"}) {
        const auto written = decoded(*decoder, batch, goal, vocabulary);
        if (!written)
          return Finding{
              fmt::format("Decoder::next gives a logit for each of {} tokens", vocabulary),
              "another number",
              {}};
        if (!(std::abs(written->total - read.total) <= 1e-4 * std::max(1.0, read.total)))
          return Finding{
              "fed a text token by token, the decoder gives it the loss that run gives",
              fmt::format("{:.7g} nats {}, {:.7g} by run", written->total, time, read.total),
              fmt::format("{} tokens", read.counted)};
      }
    }
    return {};
  });
  if (!writes) examination.skip("it does not generate");
}

void options(Examination& examination) {
  const Node small = small_options(examination);
  check_options(examination, [&](const Variant& variant) {
    for (const Form& form : forms()) {
      const auto trial = trial_of(examination, form, merged(small, variant.options), DType::f32,
                                  examination.seed());
      if (!trial) continue;
      count_all(*trial);
      const Figures figures = evaluate(*trial, 2, 6, 6);
      if (!std::isfinite(figures.total))
        examination.found({"a finite loss at the ends of an option's range",
                           fmt::format("{}", figures.total), form.name + with(variant)});
      break;
    }
  });
}

}  // namespace
}  // namespace architectures

std::vector<Check> architecture_checks() {
  using namespace architectures;
  return {
      {"gradients", "gradients are those of finite differences", gradients},
      {"padding", "company and padding change nothing", padding},
      {"untrained", "untrained, it guesses", untrained},
      {"overfits", "it learns one batch by heart", overfits},
      {"resume", "saved and restored it goes on to the same bits", resume},
      {"carry", "the state carries everything over a window's border", carry},
      {"determinism", "the same batches give the same loss", determinism},
      {"generates", "the decoder agrees with run", generates},
      {"memory", "memory does not grow", memory},
      {"options", "options hold what their description says", options},
  };
}

}  // namespace unroll::conformance
