#include <unroll/training/writing.hpp>

#include <algorithm>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/batches.hpp>
#include <unroll/training/beam_search.hpp>
#include <unroll/training/token_choice.hpp>

namespace unroll {
namespace {

/// One batch of texts in the making.
class Lanes {
 public:
  Lanes(const Model& model, const MakeSampler& make_sampler, const WritingOptions& options,
        std::span<const std::int64_t> names)
      : model_(model), vocabulary_(model.vocabulary()), choose_(vocabulary_), texts_(names.size()) {
    for (const std::int64_t name : names) {
      samplers_.push_back(make_sampler());
      samplers_.back()->begin();
      streams_.emplace_back(options.seed, options.stream + "/" + std::to_string(name));
    }
    last_.assign(names.size(), vocabulary_.special().begin.value());
    ended_.assign(names.size(), false);
  }

  /// One token more for every text; false where all have ended.
  bool advance(Decoder& decoder) {
    const std::span<const float> logits = decoder.next(last_);
    const auto width = static_cast<std::size_t>(vocabulary_.size());
    bool going = false;
    for (std::size_t n = 0; n < texts_.size(); ++n) {
      if (ended_[n]) continue;
      const TokenId token = choose_(logits.subspan(n * width, width), *samplers_[n], streams_[n]);
      last_[n] = token;
      ended_[n] = token == vocabulary_.special().end;
      if (!ended_[n]) texts_[n].push_back(token);
      going = going || !ended_[n];
    }
    return going;
  }

  std::string text(std::size_t n) const {
    return model_.tokenizer().decode(texts_[n], vocabulary_);
  }

 private:
  const Model& model_;
  const Vocabulary& vocabulary_;
  TokenChoice choose_;
  std::vector<TokenText> texts_;
  std::vector<std::unique_ptr<Sampler>> samplers_;
  std::vector<RandomStream> streams_;
  std::vector<TokenId> last_;
  std::vector<bool> ended_;
};

}  // namespace

std::vector<std::string> write_texts(const Model& model, const Encoded& given,
                                     std::span<const std::int64_t> which,
                                     const MakeSampler& make_sampler, const WritingOptions& options,
                                     const StopFlag* stop) {
  std::vector<std::string> written(which.size());
  Encoded chosen = select(given, which);
  (model.writes_target() ? chosen.target : chosen.text) = {};  // that is for the model to say
  if (chosen.size() == 0) return written;
  BatchOptions batching;
  batching.batch = options.batch;
  batching.shuffle = false;
  const auto batches = make_examples(chosen, *model.domain, model.task(), batching);
  for (std::int64_t i = 0; i < batches->per_epoch(); ++i) {
    const Batch& batch = batches->get(i);
    const auto decoder =
        model.architecture->decoder(static_cast<std::int64_t>(batch.examples.size()));
    if (!decoder) fail(Failure::usage, "this architecture does not write texts");
    decoder->begin(batch);
    if (const auto sampler = make_sampler(); sampler->width() > 1) {
      const auto texts = beam_search(*decoder, static_cast<std::int64_t>(batch.examples.size()),
                                     model.vocabulary(), *sampler, options.length, stop);
      for (std::size_t n = 0; n < texts.size(); ++n)
        written[static_cast<std::size_t>(batch.examples[n])] =
            model.tokenizer().decode(texts[n], model.vocabulary());
      continue;
    }
    std::vector<std::int64_t> names;
    for (const std::int64_t place : batch.examples)
      names.push_back(which[static_cast<std::size_t>(place)]);
    Lanes lanes(model, make_sampler, options, names);
    for (std::int64_t step = 0; step < options.length && lanes.advance(*decoder); ++step)
      if (stopped(stop)) return written;
    for (std::size_t n = 0; n < batch.examples.size(); ++n)
      written[static_cast<std::size_t>(batch.examples[n])] = lanes.text(n);
  }
  return written;
}

Encoded encode_prompts(const Model& model, std::span<const std::string> prompts) {
  const Task task = model.task();
  const bool by_text = task.reads_text;
  std::vector<Example> examples;
  for (const std::string& prompt : prompts) {
    Example& example = examples.emplace_back();
    example.origin = "the prompt";
    if (by_text)
      example.text = prompt;
    else if (task.reads_label)
      example.label = prompt;
  }
  Encoded given;
  if (by_text) {
    std::vector<std::string_view> texts(prompts.begin(), prompts.end());
    given.text = encode_texts(texts, *model.text_tokenizer, model.domain->text, true);
  } else if (task.reads_label) {
    for (const std::string& prompt : prompts) {
      const auto index = model.domain->find_class(prompt);
      if (!index)
        fail(Failure::usage, "there is no class '{}' (known: {}){}", prompt,
             join(model.domain->classes), did_you_mean(prompt, model.domain->classes));
      given.labels.push_back(*index);
    }
  }
  given.examples = std::move(examples);
  return given;
}

void leave_unanswered(const Model& model, Encoded& given) {
  const auto count = static_cast<std::size_t>(given.size());
  switch (model.task().goal) {
    case Task::Goal::label:
      given.labels.assign(count, -1);
      break;
    case Task::Goal::values:
      for (Example& example : given.examples)
        example.values.assign(model.domain->fields.values.size(), 0.0F);
      break;
    case Task::Goal::tags:
      given.target.texts.clear();
      for (const TokenText& text : given.text.texts)
        given.target.texts.emplace_back(text.size(), TokenId{0});
      break;
    default:
      break;
  }
}

std::vector<std::int64_t> spread(std::int64_t count, std::int64_t size) {
  if (count <= 0 || count >= size) count = size;
  std::vector<std::int64_t> places(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    places[static_cast<std::size_t>(i)] = i * size / std::max<std::int64_t>(count, 1);
  return places;
}

}  // namespace unroll
