#include <unroll/training/trainer.hpp>

#include <algorithm>
#include <bit>

#include <unroll/core/archive_splice.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/processors.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm_bf16.hpp>
#include <unroll/tensor/gemm_preparation.hpp>
#include <unroll/training/data_reader.hpp>
#include <unroll/training/generation.hpp>
#include <unroll/training/trainer_impl.hpp>

namespace unroll {
namespace {

/// FNV-1a over all that a split holds, to notice data that changed between two sittings.
std::uint64_t fingerprint(std::uint64_t hash, const Encoded& split) {
  const auto mix = [&hash](std::uint32_t value) { hash = (hash ^ value) * 0x100000001b3; };
  for (const TokenTexts* part : {&split.text, &split.target})
    for (std::size_t i = 0; i < part->count(); ++i)
      part->text(i).visit([&](auto ids) {
        for (const auto id : ids) mix(static_cast<std::uint32_t>(id));
      });
  for (const std::int32_t label : split.labels) mix(static_cast<std::uint32_t>(label));
  for (const Example& example : split.examples)
    for (const auto* numbers : {&example.values, &example.features})
      for (const float number : *numbers) mix(std::bit_cast<std::uint32_t>(number));
  mix(static_cast<std::uint32_t>(split.size()));
  return hash;
}

/// Tokens or examples to predict, as the task counts them.
std::int64_t targets_of(const Encoded& split, const Model& model) {
  const Task task = model.task();
  if (task.goal == Task::Goal::label || task.goal == Task::Goal::values) return split.size();
  const bool of_target = task.goal == Task::Goal::tags || model.writes_target();
  const std::int64_t tokens = (of_target ? split.target : split.text).tokens();
  if (!model.domain->fields.whole) return tokens - split.size();  // but a piece's first token
  return task.goal == Task::Goal::tags ? tokens : tokens + split.size();
}

}  // namespace

Trainer::Impl::Impl(ExperimentOptions experiment, const Registry& plugins, const Domain* known,
                    std::int64_t more_epochs, Ranks* others)
    : options(std::move(experiment)), registry(plugins), ranks(others) {
  Engine::get().set_threads(options.threads > 0 ? options.threads : processors());
  const GemmPreparation meanwhile;
  DataReader reader(options, registry);
  Splits& splits = reader.splits();
  files = std::move(splits.files);
  for (DataFile& file : files)
    if (file.sha256.empty()) file.sha256 = sha256_of_file(file.path);

  const OwnedTokenizers tokenizers = make_tokenizers(options, splits.fields, registry);
  Domain domain = known != nullptr ? *known : reader.learn(tokenizers.get());
  std::optional<TransferSource> source;  // a resumed run has its own weights
  if (known == nullptr && options.initialize_from.wanted()) source.emplace(options.initialize_from);
  if (source && options.initialize_from.vocabulary) source->lend_vocabulary(domain);
  train = reader.encode(DataReader::Part::train, domain, tokenizers.get());
  if (known == nullptr) domain.target_counts = count_tokens(train.target, domain.target);
  model = make_model(options, registry, std::move(domain));
  if (source) plan.transfer = source->transfer_to(model);
  freeze(model, options.freeze);
  for (const Parameter* parameter : model.parameters->frozen()) plan.frozen += parameter->size();
  validation = reader.encode(DataReader::Part::validation, *model.domain, model.tokenizers());
  test = reader.encode(DataReader::Part::test, *model.domain, model.tokenizers());
  for (const Encoded* split : {&train, &validation, &test}) data = fingerprint(data, *split);

  plan.split_name = splits.split_name;
  plan.notices = std::move(splits.notices);
  plan.task = model.task();
  if (options.training.precision == "bf16" && !has_bf16_instruction())
    plan.notices.push_back(
        "training.precision bf16: this processor has no instruction for it, so float32 multiplies "
        "what was rounded: the same learning, slower than precision f32");
  plan.whole = model.domain->fields.whole;
  if (!options.generate.samplers.empty() && !writes_samples())
    plan.notices.push_back("generate.samplers choose tokens, and this model writes none: not used");
  if (const std::string& kept_as = options.generate.precision;
      kept_as != "f32" && !writes_with(model, weight_format(kept_as)))
    fail(Failure::usage,
         "generate.precision {}: this model writes with float32 weights alone; leave it out, or "
         "take {}",
         kept_as, kOfFewerBits);
  if (!plan.whole && plan.task.goal != Task::Goal::next_token)
    fail(Failure::usage,
         "the model {} needs whole examples, but this dataset gives pieces of one long text",
         options.model.name);
  plan.vocabulary = model.vocabulary().size();
  if (model.domain->fields.text)
    plan.text =
        coverage_of({&Example::text, &Encoded::text, *model.text_tokenizer, model.domain->text},
                    train, validation);
  if (model.domain->fields.target)
    plan.target = coverage_of(
        {&Example::target, &Encoded::target, *model.target_tokenizer, model.domain->target}, train,
        validation);
  plan.classes = static_cast<std::int64_t>(model.domain->classes.size());
  plan.parameters = model.parameters->count();
  plan.train_targets = targets_of(train, model);
  plan.validation_targets = targets_of(validation, model);
  plan.test_targets = targets_of(test, model);
  plan.counts = model.architecture->counts();
  check_figures(options.expectations(), plan.task.goal);
  const TokenTexts& written = model.writes_target() ? train.target : train.text;
  if (plan.train_targets > 0)
    characters_per_token =
        static_cast<double>(written.characters) / static_cast<double>(plan.train_targets);
  if (plan.counts && ranks != nullptr)
    fail(Failure::usage, "the model {} counts in one pass, which is not shared: start one process",
         options.model.name);
  if (plan.counts && more_epochs > 0)
    fail(Failure::usage, "the model {} counts in one pass; there are no more epochs to train",
         options.model.name);
  if (!plan.counts) make_learner(more_epochs);
}

void Trainer::Impl::make_learner(std::int64_t more_epochs) {
  TrainingOptions& t = options.training;
  const BatchOptions batching{t.batch, t.window, t.stride, t.shuffle, t.bucket, options.seed};
  std::unique_ptr<Batches> batches;
  if (plan.whole) {
    if (t.scheme != "auto")
      fail(Failure::usage,
           "training.scheme {} is for one long text; the examples of this dataset are wholes: "
           "leave the scheme out",
           t.scheme);
    batches = make_examples(train, *model.domain, plan.task, batching);
  } else {
    batches = t.scheme == "windows" ? make_windows(train.text.store(), batching)
                                    : make_streams(train.text.store(), batching);
  }
  if (ranks != nullptr && t.batch < ranks->size())
    fail(Failure::usage, "{} processes cannot share batches of {}; start fewer", ranks->size(),
         t.batch);
  plan.steps_per_epoch = batches->per_epoch();
  if (more_epochs > 0 && t.max_steps > 0)
    t.max_steps =
        std::min(t.max_steps, t.epochs * plan.steps_per_epoch) + more_epochs * plan.steps_per_epoch;
  t.epochs += more_epochs;
  plan.total_steps = t.epochs * plan.steps_per_epoch;
  if (t.max_steps > 0) plan.total_steps = std::min(plan.total_steps, t.max_steps);
  plan.targets_per_step = batches->targets_per_epoch() / plan.steps_per_epoch;
  // Weights and gradients, and as a rule two moments.
  plan.weight_bytes = model.parameters->values().size_bytes() * 4;
  learner = std::make_unique<Learner>(
      model, registry.make_optimizer(t.optimizer), make_schedule(t.schedule), std::move(batches),
      LearnerOptions{options.seed, t.clip_norm, t.clip_value, plan.total_steps,
                     t.precision == "bf16" ? Precision::bf16 : Precision::f32, ranks});
}

Checkpoint Trainer::Impl::checkpoint_now() {
  Checkpoint checkpoint;
  checkpoint.step = learner ? learner->steps() : 0;
  checkpoint.weights = save_weights(model);
  RunState now = state;
  now.seconds = total_seconds();
  checkpoint.state = now.save();
  checkpoint.state.put("data/fingerprint", static_cast<std::int64_t>(data));
  if (learner) splice(checkpoint.state, "learner", learner->save());
  if (state.best.weights && !state.best.saved)
    checkpoint.best = {state.best.step, *state.best.weights};
  // The evaluation that closes a run may find better weights than these, which going on needs.
  if (state.best.weights && learner->finished() && state.since_evaluation.counted > 0)
    checkpoint.state.merge("best/weights", *state.best.weights);
  return checkpoint;
}

void Trainer::Impl::restore(const RunRecord& run) {
  if (run.state.integer("data/fingerprint") != static_cast<std::int64_t>(data))
    fail(Failure::data,
         "the data is not what the run was begun with, so it cannot be resumed; put back the "
         "files of the run, or start a new one");
  if (!learner) return;  // counting begins again
  state.restore(run.state);
  learner->restore(run.state.below("learner"));
  restore_weights(model, run.weights);
  if (const Archive former = run.state.below("best/weights"); !former.entries().empty()) {
    state.best.weights = former;
  } else if (run.best) {
    state.best.weights = run.best->weights;
    state.best.saved = true;
  }
}

Trainer::Trainer(ExperimentOptions options, const Registry& registry, Ranks* ranks)
    : impl_(std::make_unique<Impl>(std::move(options), registry, nullptr, 0, ranks)) {}

Trainer Trainer::resume(const RunRecord& run, const Registry& registry, const Continuation& how,
                        Ranks* ranks) {
  ExperimentOptions options =
      how.options != nullptr ? *how.options : load_experiment(run, registry);
  if (!run.checkpointed())  // killed before its first checkpoint: it begins anew
    return Trainer(
        std::make_unique<Impl>(std::move(options), registry, nullptr, how.more_epochs, ranks));
  const bool gave_up =
      run.state.has("early_stopping/stopped") && run.state.integer("early_stopping/stopped") != 0;
  if (gave_up && how.more_epochs > 0) {  // they begin where it stands
    const Archive position = run.state.below("learner/position");
    const bool within = position.integer("batch") > 0;
    options.training.epochs = position.integer("epoch") + (within ? 1 : 0);
    options.training.max_steps = within ? position.integer("step") : 0;
  }
  const Domain domain = Domain::load(run.vocabulary);
  auto impl = std::make_unique<Impl>(std::move(options), registry, &domain, how.more_epochs, ranks);
  impl->restore(run);
  if (gave_up && (how.options != nullptr || how.more_epochs > 0)) {
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
    trial.targets_per_second += static_cast<double>(run.learner->step().counted);
  }
  trial.times = run.learner->times();
  trial.seconds_per_step =
      trial.times.steps() / static_cast<double>(std::max<std::int64_t>(steps, 1));
  trial.targets_per_second /= std::max(trial.times.steps(), 1e-9);
  std::copy(saved.begin(), saved.end(), weights.begin());
  run.learner->restore(before);
  run.learner->times() = {};
  return trial;
}

}  // namespace unroll
