// A model of letters whose architecture counts in its head, for tests of the room alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <unroll/model/sampler.hpp>
#include <unroll/training/model.hpp>

#include <model/letters.hpp>

namespace unroll::testing_room {

/// Its state is the sum of all tokens so far; it believes that the next token is that sum modulo
/// the vocabulary, with twice the weight of any other. Whatever disturbs the state shows.
class Summing final : public Architecture {
 public:
  explicit Summing(std::int64_t vocabulary) : vocabulary_(vocabulary) {}

  double nats(std::int64_t sum, TokenId target) const {
    const auto size = static_cast<double>(vocabulary_);
    return -std::log((sum % vocabulary_ == target ? 2.0 : 1.0) / (size + 1));
  }

  Outcome run(Graph&, const Batch& batch, Carry& carry, RandomStream*) override {
    const std::int64_t steps = batch.inputs.dim(0), lanes = batch.inputs.dim(1);
    if (carry.empty()) carry = {Tensor::zeros(Shape{lanes}, DType::i32)};
    Outcome outcome;
    for (std::int64_t t = 0; t < steps; ++t)
      for (std::int64_t n = 0; n < lanes; ++n) {
        const TokenId input = batch.inputs.data<TokenId>()[t * lanes + n];
        const TokenId target = batch.targets.data<TokenId>()[t * lanes + n];
        TokenId& sum = carry[0].data<TokenId>()[n];
        sum += std::max(input, 0);
        if (target < 0) continue;
        outcome.total += nats(sum, target);
        outcome.counted += 1;
        outcome.correct += sum % vocabulary_ == target ? 1 : 0;
      }
    return outcome;
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override {
    return std::make_unique<Steps>(*this, static_cast<std::size_t>(sequences));
  }

  std::vector<TokenId> fed;  ///< every token the decoder took, in order

 private:
  class Steps final : public Decoder {
   public:
    Steps(Summing& model, std::size_t sequences)
        : model_(model),
          sums_(sequences, 0),
          logits_(sequences * static_cast<std::size_t>(model.vocabulary_)) {}
    void reset() override { std::fill(sums_.begin(), sums_.end(), 0); }
    std::span<const float> next(std::span<const TokenId> tokens) override {
      std::fill(logits_.begin(), logits_.end(), 0.0f);
      for (std::size_t n = 0; n < sums_.size(); ++n) {
        model_.fed.push_back(tokens[n]);
        sums_[n] += tokens[n];
        logits_[n * static_cast<std::size_t>(model_.vocabulary_) +
                static_cast<std::size_t>(sums_[n] % model_.vocabulary_)] = 1;
      }
      return logits_;
    }

   private:
    Summing& model_;
    std::vector<std::int64_t> sums_;
    std::vector<float> logits_;
  };
  std::int64_t vocabulary_;
};

/// The likeliest token.
class Likeliest final : public Sampler {
 public:
  TokenId choose(std::span<const float> logits, RandomStream&) override {
    return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  }
};

/// Letters a, b, c, … and, at the front, unknown.
inline Model summing_model(std::int64_t letters) {
  std::vector<std::string> tokens = {"<unknown>"};
  for (std::int64_t i = 0; i < letters; ++i) tokens.emplace_back(1, static_cast<char>('a' + i));
  Vocabulary::Special special;
  special.unknown = 0;
  Model model;
  model.text_tokenizer = std::make_unique<Letters>();
  model.domain = std::make_unique<Domain>();
  model.domain->fields.text = true;
  model.domain->fields.whole = false;
  model.domain->text = Vocabulary(std::move(tokens), special);
  model.architecture = std::make_unique<Summing>(model.domain->text.size());
  return model;
}

}  // namespace unroll::testing_room
