#include <unroll/training/generation.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n';
}

/// What is fed where nothing was read: as at a text's beginning, or behind a line break.
TokenId first_token(const Vocabulary& vocabulary) {
  if (vocabulary.special().begin) return *vocabulary.special().begin;
  for (const char* line_break : {"\n", "\n\n"})
    if (const auto id = vocabulary.find(line_break)) return *id;
  return 0;
}

/// -log softmax(logits)[token]. Logits may be minus infinity, the token's not.
double surprise(std::span<const float> logits, TokenId token) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += static_cast<double>(std::exp(logit - largest));
  return std::log(sum) + static_cast<double>(largest) -
         static_cast<double>(logits[static_cast<std::size_t>(token)]);
}

}  // namespace

Generator::Generator(const Model& model) : model_(model) {
  decoder_ = model.architecture->decoder(1);
  if (!decoder_ || model.task().goal != Task::Goal::next_token)
    fail(Failure::usage, "this architecture does not go on from a prompt");
  decoder_->reset();
  const Vocabulary& vocabulary = model.vocabulary();
  written_.emplace(model.tokenizer(), vocabulary);
  for (TokenId id = 0; id < vocabulary.size(); ++id)
    if (vocabulary.never_generated(id)) never_.push_back(id);
}

Generator::~Generator() = default;

void Generator::feed(TokenId token) {
  const std::span<const float> logits = decoder_->next({&token, 1});
  logits_.assign(logits.begin(), logits.end());
  begun_ = true;
}

void Generator::reset() {
  decoder_->reset();
  written_->clear();
  begun_ = spaced_ = false;
}

std::int64_t Generator::read(std::string_view text) {
  const Vocabulary& vocabulary = model_.vocabulary();
  std::int64_t unknown = 0;
  if (!begun_ && vocabulary.special().begin) feed(*vocabulary.special().begin);
  for (const TokenId token : model_.tokenizer().encode(text, vocabulary)) {
    unknown += token == vocabulary.special().unknown ? 1 : 0;
    written_->add(token);
    feed(token);
  }
  if (!text.empty()) spaced_ = is_space(text.back()) && !written_->tail().ends_with(text.back());
  return unknown;
}

Generated Generator::write(std::int64_t length, Sampler& sampler, RandomStream& random,
                           const OnText& on_text) {
  const auto start = std::chrono::steady_clock::now();
  const Vocabulary& vocabulary = model_.vocabulary();
  const Vocabulary::Special& special = vocabulary.special();
  if (!begun_) feed(first_token(vocabulary));
  sampler.begin();
  Generated result;
  for (; result.tokens < length; ++result.tokens) {
    for (const TokenId id : never_)
      logits_[static_cast<std::size_t>(id)] = -std::numeric_limits<float>::infinity();
    const TokenId token = sampler.choose(logits_, random);
    if (token < 0 || token >= vocabulary.size() || vocabulary.never_generated(token))
      fail(Failure::plugin, "the sampler chose token {}, which must not be generated", token);
    result.nats += surprise(logits_, token);
    feed(token);
    if (token == special.end) break;
    std::string piece = written_->add(token);
    if (spaced_ && piece.starts_with(' ')) piece.erase(0, 1);
    spaced_ = false;
    result.text += piece;
    if (on_text && !on_text(piece)) {
      ++result.tokens;
      break;
    }
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  result.seconds = taken.count();
  return result;
}

Generated Generator::generate(std::string_view prompt, std::int64_t length, Sampler& sampler,
                              RandomStream& random, const OnText& on_text) {
  reset();
  const std::int64_t unknown = read(prompt);
  Generated result = write(length, sampler, random, on_text);
  result.unknown = unknown;
  return result;
}

}  // namespace unroll
