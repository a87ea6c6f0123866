// Checks of architectures that are trained: what they begin with, learn, save and keep.
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "architecture_trials.hpp"
#include "descent.hpp"
#include "tensors.hpp"

namespace unroll::conformance::architectures {
namespace {

/// Trains from step to step, then compares weights; dropout draws from streams by step.
class Training {
 public:
  explicit Training(std::unique_ptr<Trial> trial)
      : trial_(std::move(trial)), batches_(trial_->batches(2, 5)) {
    trial_->store.pack();
    descent_.emplace(trial_->store, 0.01);
    batches_->begin_epoch(0);
  }
  void run(std::int64_t steps) {
    for (std::int64_t end = step_ + steps; step_ < end; ++step_) {
      Graph graph;
      RandomStream dropout(7, "dropout" + std::to_string(step_));
      if (!batches_->carries()) carry_.clear();
      const Batch& batch = batches_->get(step_ % batches_->per_epoch());
      const Outcome outcome = trial_->architecture->run(graph, batch, carry_, &dropout);
      descent_->step(graph, outcome.loss);
    }
  }
  void restore(const Training& other) {
    trial_->store.restore(other.trial_->store.save());
    trial_->architecture->restore(other.trial_->architecture->save());
    descent_->restore(other.descent_->save(), other.step_);
    step_ = other.step_;
    carry_.clear();
    for (const Tensor& tensor : other.carry_) carry_.push_back(tensor.clone());
  }
  Trial& trial() { return *trial_; }

 private:
  std::unique_ptr<Trial> trial_;
  std::unique_ptr<Batches> batches_;
  std::optional<Descent> descent_;
  std::int64_t step_ = 0;
  Carry carry_;
};

}  // namespace

void untrained(Examination& examination) {
  bool guesses = false;
  each(examination, [&](const Asked& asked) -> std::optional<Finding> {
    Figures all;
    double choices = 1;
    for (std::uint64_t seed = examination.seed(); seed < examination.seed() + 5; ++seed) {
      const auto trial = asked.make(DType::f32, seed);
      if (trial->architecture->counts()) return {};
      choices = static_cast<double>(trial->choices());
      if (choices <= 1) return {};
      const Figures figures = evaluate(*trial, 1);
      all.total += figures.total;
      all.counted += figures.counted;
    }
    guesses = true;
    const double loss = all.total / static_cast<double>(all.counted);
    if (std::abs(loss - std::log(choices)) < 0.75) return {};
    return Finding{fmt::format("untrained, it guesses: a loss near ln {} = {:.2f} nats", choices,
                               std::log(choices)),
                   fmt::format("{:.3g} nats, of five seeds", loss),
                   {}};
  });
  if (!guesses) examination.skip("it does not begin by guessing: it counts, or predicts numbers");
}

void overfits(Examination& examination) {
  bool descends = false;
  each(examination, [&](const Asked& asked) -> std::optional<Finding> {
    const std::size_t examples = 3;
    const auto trial = asked.make(DType::f32, examination.seed(), examples);
    if (trial->architecture->counts()) return {};
    descends = true;
    trial->store.pack();
    Descent descent(trial->store, 0.02);
    const auto batches = trial->batches(examples, 8);
    batches->begin_epoch(0);
    const Batch& batch = batches->get(0);
    double first = 0, last = 0;
    Graph graph;
    for (int step = 0; step < 300; ++step) {
      graph.clear();
      Carry carry;
      const Outcome outcome = trial->architecture->run(graph, batch, carry, nullptr);
      last = outcome.total / static_cast<double>(outcome.counted);
      if (step == 0) first = last;
      if (last < 0.35 * first) return {};
      descent.step(graph, outcome.loss);
    }
    return Finding{"300 steps of Adam learn one batch of 3 by heart: the loss falls to a third",
                   fmt::format("from {:.3g} to {:.3g}", first, last),
                   {}};
  });
  if (!descends) examination.skip("it counts, and descends no gradients");
}

void resume(Examination& examination) {
  each(examination, [&](const Asked& asked) -> std::optional<Finding> {
    auto made = asked.make(DType::f32, examination.seed());
    if (made->architecture->counts()) {
      count_all(*made);
      const auto other = asked.make(DType::f32, examination.seed() + 1);
      other->architecture->restore(made->architecture->save());
      const double kept = evaluate(*made, 2).total, restored = evaluate(*other, 2).total;
      if (kept == restored) return {};
      return Finding{"what it counted is saved and restored",
                     fmt::format("a loss of {:.9g} restored, {:.9g} before", restored, kept),
                     {}};
    }
    Training undisturbed(std::move(made));
    Training resumed(asked.make(DType::f32, examination.seed() + 1));
    undisturbed.run(3);
    resumed.restore(undisturbed);
    undisturbed.run(3);
    resumed.run(3);
    for (const Parameter* parameter : undisturbed.trial().store.all())
      if (auto seen = differs("weights of " + parameter->name(),
                              resumed.trial().store.find(parameter->name())->value(), "resumed",
                              parameter->value(), "undisturbed", 0))
        return Finding{"saved after 3 steps and restored into a new one, 3 more give the same bits",
                       *seen,
                       {}};
    return {};
  });
}

void memory(Examination& examination) {
  each(examination, [&](const Asked& asked) -> std::optional<Finding> {
    const auto trial = asked.make(DType::f32, examination.seed());
    if (trial->architecture->counts()) return {};
    trial->store.pack();
    const auto batches = trial->batches(2, 6);
    batches->begin_epoch(0);
    const Batch& batch = batches->get(0);
    Graph graph;
    Carry carry;
    const auto once = [&] {
      graph.clear();
      graph.backward(trial->architecture->run(graph, batch, carry, nullptr).loss);
    };
    if (const auto seen = growth(once, 8))
      return Finding{"batch after batch takes no more memory", *seen, {}};
    return {};
  });
}

}  // namespace unroll::conformance::architectures
