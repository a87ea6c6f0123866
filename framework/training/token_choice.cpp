#include <unroll/training/token_choice.hpp>

#include <limits>

#include <unroll/core/error.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n';
}

}  // namespace

TokenChoice::TokenChoice(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {
  for (TokenId id = 0; id < vocabulary.size(); ++id)
    if (vocabulary.never_generated(id)) never_.push_back(id);
}

TokenId TokenChoice::operator()(std::span<const float> logits, Sampler& sampler,
                                RandomStream& random) {
  allowed_.assign(logits.begin(), logits.end());
  for (const TokenId id : never_)
    allowed_[static_cast<std::size_t>(id)] = -std::numeric_limits<float>::infinity();
  const TokenId token = sampler.choose(allowed_, random);
  if (token < 0 || token >= vocabulary_.size() || vocabulary_.never_generated(token))
    fail(Failure::plugin, "the sampler chose token {}, which must not be generated", token);
  return token;
}

double TokenChoice::surprise(TokenId token) const {
  float total = 0;
  std::int32_t largest = 0;
  kernels::log_sum_exp(1, std::ssize(allowed_), allowed_.data(), &total, &largest);
  return static_cast<double>(total) -
         static_cast<double>(allowed_[static_cast<std::size_t>(token)]);
}

TokenId TokenChoice::first() const {
  if (vocabulary_.special().begin) return *vocabulary_.special().begin;
  for (const char* line_break : {"\n", "\n\n"})
    if (const auto id = vocabulary_.find(line_break)) return *id;
  return 0;
}

void ContinuedText::clear() {
  stream_.clear();
  spaced_ = false;
}

void ContinuedText::read(std::string_view text, std::span<const TokenId> tokens) {
  stream_.add(tokens);
  if (!text.empty()) spaced_ = is_space(text.back()) && !stream_.tail().ends_with(text.back());
}

std::string ContinuedText::write(std::span<const TokenId> tokens) {
  if (tokens.empty()) return {};
  std::string piece = stream_.add(tokens);
  if (spaced_ && piece.starts_with(' ')) piece.erase(0, 1);
  spaced_ = false;
  return piece;
}

}  // namespace unroll
