#include <unroll/training/trainer.hpp>

#include <algorithm>
#include <thread>

#include <unroll/core/error.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/training/trainer_impl.hpp>

namespace unroll {
namespace {

/// FNV-1a over the ids of a split, to notice data that changed between two sittings.
std::uint64_t fingerprint(std::uint64_t hash, const TokenTexts& split) {
  for (const TokenText& text : split.texts)
    for (const TokenId id : text) hash = (hash ^ static_cast<std::uint32_t>(id)) * 0x100000001b3;
  return (hash ^ split.texts.size()) * 0x100000001b3;
}

std::int64_t tokens_of(const TokenTexts& split) {
  std::int64_t tokens = 0;
  for (const TokenText& text : split.texts) tokens += static_cast<std::int64_t>(text.size());
  return tokens;
}

}  // namespace

Trainer::Impl::Impl(ExperimentOptions experiment, const Registry& plugins, const Vocabulary* known)
    : options(std::move(experiment)), registry(plugins) {
  const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  Engine::get().set_threads(options.threads > 0 ? options.threads : processors);
  const auto tokenizer = registry.make_tokenizer(options.tokenizer);
  Splits splits = registry.make_dataset(options.data)->load();
  if (splits.train.empty()) fail(Failure::data, "the data has no training split");
  files = std::move(splits.files);
  for (DataFile& file : files)
    if (file.sha256.empty()) file.sha256 = sha256_of_file(file.path);

  Vocabulary vocabulary;
  if (known != nullptr) {
    vocabulary = *known;
  } else {
    std::vector<std::string_view> texts;
    for (const Example& example : splits.train) texts.push_back(example.text);
    vocabulary = tokenizer->learn(texts, {});  // streams neither begin nor end
  }
  TokenTexts train = encode(splits.train, *tokenizer, vocabulary);
  validation = encode(splits.validation, *tokenizer, vocabulary);
  test = encode(splits.test, *tokenizer, vocabulary);
  for (const TokenTexts* split : {&train, &validation, &test}) data = fingerprint(data, *split);

  model = make_model(options, registry, std::move(vocabulary));
  plan.split_name = splits.split_name;
  plan.vocabulary = model.vocabulary->size();
  plan.parameters = model.parameters->count();
  plan.train_tokens = tokens_of(train);
  plan.validation_tokens = tokens_of(validation);
  plan.test_tokens = tokens_of(test);
  plan.counts = model.architecture->counts();
  const auto predicted = plan.train_tokens - static_cast<std::int64_t>(train.texts.size());
  if (predicted > 0)
    characters_per_token = static_cast<double>(train.characters) / static_cast<double>(predicted);
  if (plan.counts)
    counted = std::move(train);
  else
    make_learner(std::move(train));
}

void Trainer::Impl::make_learner(TokenTexts train) {
  const TrainingOptions& t = options.training;
  const BatchOptions batching{t.batch, t.window, t.stride, t.shuffle, options.seed};
  auto batches = t.scheme == "streams" ? make_streams(train.texts, batching)
                                       : make_windows(train.texts, batching);
  plan.steps_per_epoch = batches->per_epoch();
  plan.total_steps = t.epochs * plan.steps_per_epoch;
  if (t.max_steps > 0) plan.total_steps = std::min(plan.total_steps, t.max_steps);
  plan.tokens_per_step = batches->tokens_per_epoch() / plan.steps_per_epoch;
  // Weights and gradients, and as a rule two moments.
  plan.weight_bytes = model.parameters->values().size_bytes() * 4;
  learner = std::make_unique<Learner>(
      model, registry.make_optimizer(t.optimizer), make_schedule(t.schedule), std::move(batches),
      LearnerOptions{options.seed, t.clip_norm, t.clip_value, plan.total_steps});
}

Checkpoint Trainer::Impl::checkpoint_now() {
  Checkpoint checkpoint;
  checkpoint.step = learner ? learner->steps() : 0;
  checkpoint.weights = save_weights(model);
  RunState now = state;
  now.seconds = total_seconds();
  checkpoint.state = now.save();
  checkpoint.state.put("data/fingerprint", static_cast<std::int64_t>(data));
  if (learner) checkpoint.state.merge("learner", learner->save());
  if (state.best.weights && !state.best.saved)
    checkpoint.best = {state.best.step, *state.best.weights};
  return checkpoint;
}

void Trainer::Impl::restore(const RunRecord& run) {
  if (run.state.entries().empty()) return;  // killed before its first checkpoint
  if (run.state.integer("data/fingerprint") != static_cast<std::int64_t>(data))
    fail(Failure::data,
         "the data is not what the run was begun with, so it cannot be resumed; put back the "
         "files of the run, or start a new one");
  if (!learner) return;  // counting begins again
  state.restore(run.state);
  learner->restore(run.state.below("learner"));
  restore_weights(model, run.weights);
  if (run.best) {
    state.best.weights = run.best->weights;
    state.best.saved = true;
  }
}

Trainer::Trainer(ExperimentOptions options, const Registry& registry)
    : impl_(std::make_unique<Impl>(std::move(options), registry, nullptr)) {}

Trainer Trainer::resume(const RunRecord& run, const Registry& registry,
                        const ExperimentOptions* longer) {
  const Vocabulary vocabulary = Vocabulary::load(run.vocabulary);
  auto impl = std::make_unique<Impl>(longer != nullptr ? *longer : load_experiment(run, registry),
                                     registry, &vocabulary);
  impl->restore(run);
  if (longer != nullptr) {
    impl->state.stopped_early = false;
    impl->state.waited = 0;
  }
  return Trainer(std::move(impl));
}

Trainer::Trainer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer::~Trainer() = default;

const ExperimentOptions& Trainer::options() const noexcept {
  return impl_->options;
}
const Plan& Trainer::plan() const noexcept {
  return impl_->plan;
}
Model& Trainer::model() noexcept {
  return impl_->model;
}
const std::vector<DataFile>& Trainer::data_files() const noexcept {
  return impl_->files;
}
std::int64_t Trainer::step() const noexcept {
  return impl_->learner ? impl_->learner->steps() : 0;
}

Trial Trainer::trial(std::int64_t steps) {
  Impl& run = *impl_;
  Trial trial;
  if (!run.learner) return trial;
  const Archive before = run.learner->save();
  const std::span<float> weights = run.model.parameters->values();
  const std::vector<float> saved(weights.begin(), weights.end());
  run.learner->step();  // makes primitives and takes memory
  run.learner->times() = {};
  for (std::int64_t i = 0; i < steps; ++i) {
    trial.tokens_per_second += static_cast<double>(run.learner->step().tokens);
  }
  trial.times = run.learner->times();
  trial.seconds_per_step =
      trial.times.steps() / static_cast<double>(std::max<std::int64_t>(steps, 1));
  trial.tokens_per_second /= std::max(trial.times.steps(), 1e-9);
  std::copy(saved.begin(), saved.end(), weights.begin());
  run.learner->restore(before);
  run.learner->times() = {};
  return trial;
}

}  // namespace unroll
