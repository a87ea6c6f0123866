#include <unroll/training/generation.hpp>

#include <algorithm>
#include <chrono>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

/// Tokens that wait for being put into text, at most.
constexpr std::int64_t kUntold = 4096;

bool choose(Decoder* decoder, WeightFormat format) {
  auto* const choice = dynamic_cast<WeightFormatChoice*>(decoder);
  return format == WeightFormat::f32 || (choice != nullptr && choice->use_format(format));
}

}  // namespace

bool writes_with(const Model& model, WeightFormat format) {
  if (model.task().goal != Task::Goal::next_token) return false;
  const auto decoder = model.architecture->decoder(1);
  return decoder != nullptr && choose(decoder.get(), format);
}

std::unique_ptr<Decoder> continuing_decoder(const Model& model, std::int64_t sequences,
                                            WeightFormat format) {
  auto decoder = model.architecture->decoder(sequences);
  if (!decoder || model.task().goal != Task::Goal::next_token)
    fail(Failure::usage, "this architecture does not go on from a prompt");
  if (!choose(decoder.get(), format))
    fail(Failure::usage, "this model computes with float32 weights alone: {} is for {}",
         name_of(format), kOfFewerBits);
  decoder->reset();
  return decoder;
}

Generator::Generator(const Model& model, WeightFormat format)
    : model_(model),
      decoder_(continuing_decoder(model, 1, format)),
      choose_(model.vocabulary()),
      text_(model.tokenizer(), model.vocabulary()) {}

Generator::~Generator() = default;

void Generator::feed(TokenId token) {
  logits_ = decoder_->next({&token, 1});
}

void Generator::reset() {
  decoder_->reset();
  text_.clear();
  logits_ = {};
}

std::int64_t Generator::read(std::string_view text) {
  const Vocabulary& vocabulary = model_.vocabulary();
  if (logits_.empty() && vocabulary.special().begin) feed(*vocabulary.special().begin);
  const std::vector<TokenId> tokens = model_.tokenizer().encode(text, vocabulary);
  for (const TokenId token : tokens) feed(token);
  text_.read(text, tokens);
  const auto& unknown = vocabulary.special().unknown;
  return unknown ? std::count(tokens.begin(), tokens.end(), *unknown) : 0;
}

Generated Generator::write(std::int64_t length, Sampler& sampler, RandomStream& random,
                           const OnText& on_text, const StopFlag* stop) {
  const auto start = std::chrono::steady_clock::now();
  if (logits_.empty()) feed(choose_.first());
  sampler.begin();
  Generated result;
  std::vector<TokenId> untold;  // tokens whose text nobody waits for
  const auto tell = [&] {
    std::string piece = text_.write(untold);
    untold.clear();
    result.text += piece;
    return piece;
  };
  for (bool going = true; going && result.tokens < length; ++result.tokens) {
    const TokenId token = choose_(logits_, sampler, random);
    result.nats += choose_.surprise(token);
    feed(token);
    if (token == model_.vocabulary().special().end) break;
    untold.push_back(token);
    if (on_text) going = on_text(tell());
    if (std::ssize(untold) == kUntold) tell();
    going = going && !stopped(stop);
  }
  tell();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  result.seconds = taken.count();
  return result;
}

Generated Generator::generate(std::string_view prompt, std::int64_t length, Sampler& sampler,
                              RandomStream& random, const OnText& on_text, const StopFlag* stop) {
  reset();
  const std::int64_t unknown = read(prompt);
  Generated result = write(length, sampler, random, on_text, stop);
  result.unknown = unknown;
  return result;
}

}  // namespace unroll
