#include <unroll/training/evaluate.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

/// Texts that are read side by side at most; more make the tensors larger than the caches.
constexpr std::size_t kLanes = 256;
/// Tokens of one forward pass: enough for efficient products, small enough for the caches.
constexpr std::int64_t kTokens = 2048;

double ratio(double a, std::int64_t b) {
  return b > 0 ? a / static_cast<double>(b) : 0;
}

void add(Figures& figures, const Outcome& outcome) {
  figures.total += outcome.total;
  figures.counted += outcome.counted;
  figures.correct += outcome.correct;
}

std::int32_t likeliest(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

Figures evaluate_streams(Architecture& architecture, const TokenTexts& texts,
                         const StopFlag* stop) {
  Figures figures;
  Graph graph(Graph::Mode::infer);
  // The longest first, so that texts of like length share a pass and little is padding.
  std::vector<TokenSpan> sorted;
  for (std::size_t i = 0; i < texts.count(); ++i) sorted.push_back(texts.text(i));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const TokenSpan& a, const TokenSpan& b) { return a.size() > b.size(); });
  for (std::size_t first = 0; first < sorted.size(); first += kLanes) {
    const std::size_t lanes = std::min(kLanes, sorted.size() - first);
    const std::int64_t window =
        std::clamp<std::int64_t>(kTokens / static_cast<std::int64_t>(lanes), 16, 512);
    const auto batches =
        make_documents({sorted.begin() + static_cast<std::ptrdiff_t>(first),
                        sorted.begin() + static_cast<std::ptrdiff_t>(first + lanes)},
                       window);
    Carry carry;
    for (std::int64_t i = 0; i < batches->per_epoch(); ++i) {
      if (stopped(stop)) return figures;
      graph.clear();
      add(figures, architecture.run(graph, batches->get(i), carry, nullptr));
    }
  }
  return figures;
}

/// Notes what the model said of each example of a batch.
class Answers {
 public:
  Answers(Task::Goal goal, std::int64_t examples, Keep keep, Evaluation& into)
      : goal_(goal), keep_(keep), into_(into) {
    if (goal == Task::Goal::label) into.labels.resize(static_cast<std::size_t>(examples), -1);
    if (goal == Task::Goal::tags) into.tags.resize(static_cast<std::size_t>(examples));
    examples_ = examples;
  }

  void note(const Batch& batch, const Tensor& output) {
    if (!output.defined()) return;
    const std::int64_t width = output.dim(-1);
    const std::span<const float> all = output.span<float>();
    const auto row = [&](std::size_t index) {
      return all.subspan(index * static_cast<std::size_t>(width), static_cast<std::size_t>(width));
    };
    const std::size_t lanes = batch.examples.size();
    for (std::size_t n = 0; n < lanes; ++n) {
      const auto example = static_cast<std::size_t>(batch.examples[n]);
      if (goal_ == Task::Goal::label) into_.labels[example] = likeliest(row(n));
      if (goal_ == Task::Goal::label && keep_ == Keep::probabilities)
        note_probabilities(example, row(n));
      if (goal_ == Task::Goal::values) {
        into_.values.resize(static_cast<std::size_t>(examples_ * width));
        std::copy_n(row(n).begin(), width,
                    into_.values.begin() +
                        static_cast<std::ptrdiff_t>(example * static_cast<std::size_t>(width)));
      }
      if (goal_ == Task::Goal::tags)
        for (std::size_t t = 0; t < static_cast<std::size_t>(batch.targets.dim(0)); ++t)
          if (batch.targets.data<TokenId>()[t * lanes + n] >= 0)
            into_.tags[example].push_back(likeliest(row(t * lanes + n)));
    }
  }

 private:
  /// The softmax of an example's logits.
  void note_probabilities(std::size_t example, std::span<const float> logits) {
    into_.probabilities.resize(static_cast<std::size_t>(examples_) * logits.size());
    kernels::softmax(1, std::ssize(logits), logits.data(),
                     into_.probabilities.data() + example * logits.size());
  }

  Task::Goal goal_;
  Keep keep_;
  std::int64_t examples_ = 0;
  Evaluation& into_;
};

}  // namespace

double Figures::loss() const {
  return ratio(total, counted);
}
double Figures::bits_per_character() const {
  return ratio(total / std::numbers::ln2, characters);
}
double Figures::perplexity() const {
  return std::exp(loss());
}
double Figures::accuracy() const {
  return ratio(static_cast<double>(correct), counted);
}

Evaluation evaluate(const Model& model, const Encoded& split, std::int64_t batch,
                    const StopFlag* stop, Keep keep) {
  Evaluation found;
  const Task task = model.architecture->task();
  if (split.size() == 0) return found;
  if (!model.domain->fields.whole) {
    found.figures = evaluate_streams(*model.architecture, split.text, stop);
    found.figures.characters = split.text.characters;
    return found;
  }
  BatchOptions options;
  options.batch = batch;
  options.shuffle = false;
  const auto batches = make_examples(split, *model.domain, task, options);
  Answers answers(task.goal, split.size(), keep, found);
  Graph graph(Graph::Mode::infer);
  for (std::int64_t i = 0; i < batches->per_epoch(); ++i) {
    if (stopped(stop)) return found;
    graph.clear();
    Carry carry;
    const Batch& examples = batches->get(i);
    const Outcome outcome = model.architecture->run(graph, examples, carry, nullptr);
    add(found.figures, outcome);
    answers.note(examples, outcome.output);
  }
  if (writes_text(task.goal))
    found.figures.characters = (model.writes_target() ? split.target : split.text).characters;
  return found;
}

}  // namespace unroll
