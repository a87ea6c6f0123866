// What a sitting writes and shows: samples from prompts, texts for held-out examples.
#include <fmt/format.h>

#include <algorithm>

#include <unroll/metrics/text_figures.hpp>
#include <unroll/model/text_pieces.hpp>
#include <unroll/training/generation.hpp>
#include <unroll/training/trainer_impl.hpp>

namespace unroll {
namespace {

/// What is said of a text that was written.
std::vector<Metric> figures_of(const std::string& text) {
  const metrics::TextFigures figures = metrics::text_figures(text);
  const auto length = static_cast<std::int64_t>(metrics::characters(text).size());
  const metrics::Cycle cycle = figures.cycle.value_or(metrics::Cycle{length, 0});
  return {{"cycle", static_cast<double>(cycle.period), "characters"},
          {"cycle_begin", static_cast<double>(cycle.begin), "characters"},
          {"distinct_1", figures.distinct_1, "1"},
          {"distinct_2", figures.distinct_2, "1"},
          {"repetition", figures.repetition, "1"}};
}

/// Words end with lines.
class LinePieces final : public PiecewiseTokenizer {
 public:
  std::size_t cut_from(std::string_view text, std::size_t at) const override {
    return line_from(text, at);
  }
};

}  // namespace

bool Trainer::Impl::writes_samples() const {
  return writes_text(plan.task.goal) && !options.generate.samplers.empty();
}

HeldOutOptions Trainer::Impl::held_out_options(std::int64_t texts) const {
  HeldOutOptions wanted;
  wanted.rows = options.evaluation.examples;
  wanted.texts = texts;
  wanted.batch = std::max<std::int64_t>(options.training.batch, 64);
  wanted.make_sampler = [this] { return registry.make_sampler(options.evaluation.sampler); };
  wanted.text_metrics = {options.evaluation.bleu_words, options.evaluation.lowercase};
  wanted.writing.length = options.generate.length;
  wanted.writing.seed = options.seed;
  wanted.writing.stream = "held_out";
  return wanted;
}

std::vector<SampleReport> Trainer::Impl::reports_of(const HeldOut& found) const {
  std::vector<SampleReport> reports;
  const std::string by = plan.task.goal == Task::Goal::text
                             ? label("sampler", options.evaluation.sampler, registry)
                             : "likeliest";
  const std::int64_t step = learner ? learner->steps() : 0;
  for (const ExampleRow& row : found.rows)
    reports.push_back({step, by, row.given, row.produced, 0, row.expected, {}});
  return reports;
}

std::vector<SampleReport> Trainer::Impl::prompted_samples(const StopFlag* stop) {
  std::vector<SampleReport> reports;
  Generator generator(model, weight_format(options.generate.precision));
  const std::int64_t step = learner ? learner->steps() : 0;
  for (const std::string& prompt : options.generate.all_prompts())
    for (std::size_t i = 0; i < options.generate.samplers.size(); ++i) {
      const PluginChoice& choice = options.generate.samplers[i];
      const auto sampler = registry.make_sampler(choice);
      RandomStream random(options.seed, fmt::format("sample/{}/{}", step, i));
      const Generated text =
          generator.generate(prompt, options.generate.length, *sampler, random, {}, stop);
      if (stopped(stop)) return reports;
      SampleReport& report = reports.emplace_back();
      report = {step,
                label("sampler", choice, registry),
                prompt,
                text.text,
                text.unknown,
                std::nullopt,
                figures_of(text.text)};
      const auto tokens = static_cast<double>(std::max<std::int64_t>(text.tokens, 1));
      report.figures.push_back({"loss", text.nats / tokens, "nats/token"});
      if (const std::optional<double> share = known_words().share(text.text))
        report.figures.push_back({"known_words", *share, "1"});
    }
  return reports;
}

const metrics::KnownWords& Trainer::Impl::known_words() {
  if (!words_seen) {
    words_seen.emplace();
    for (const Example& example : train.examples) words_seen->add(example.text);
    if (train.streams.empty()) return *words_seen;
    for (metrics::KnownWords& share :
         read_pieces(train.streams, LinePieces(), metrics::KnownWords(),
                     [&](metrics::KnownWords&words, std::string_view piece) {
                       words.add(piece);
                       train.store->release(piece);
                     }))
      words_seen->add(std::move(share));
  }
  return *words_seen;
}

std::vector<SampleReport> Trainer::Impl::written_samples(const StopFlag* stop) const {
  std::vector<SampleReport> reports;
  const std::int64_t step = learner ? learner->steps() : 0;
  const Encoded given = prompts_to_answer();
  const std::vector<std::int64_t> all = spread(0, given.size());
  for (std::size_t i = 0; i < options.generate.samplers.size(); ++i) {
    const PluginChoice& choice = options.generate.samplers[i];
    WritingOptions writing;
    writing.length = options.generate.length;
    writing.seed = options.seed;
    writing.stream = fmt::format("sample/{}/{}", step, i);
    const std::vector<std::string> texts = write_texts(
        model, given, all, [&] { return registry.make_sampler(choice); }, writing, stop);
    if (stopped(stop)) return reports;
    for (std::size_t n = 0; n < texts.size(); ++n)
      reports.push_back({step, label("sampler", choice, registry),
                         given_text(model, given, static_cast<std::int64_t>(n)), texts[n], 0,
                         std::nullopt, figures_of(texts[n])});
  }
  return reports;
}

/// What people asked for; without prompts each class, or held-out examples.
Encoded Trainer::Impl::prompts_to_answer() const {
  std::vector<std::string> prompts = options.generate.prompts;
  if (!options.generate.prompt.empty()) prompts.insert(prompts.begin(), options.generate.prompt);
  if (prompts.empty() && plan.task.reads_label) prompts = model.domain->classes;
  if (!prompts.empty() && !plan.task.reads_features) return encode_prompts(model, prompts);
  return select(validation, spread(options.evaluation.examples, validation.size()));
}

}  // namespace unroll
