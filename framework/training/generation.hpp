// Generation: text from a model, a sampler and a seed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/core/stop_flag.hpp>
#include <unroll/model/sampler.hpp>
#include <unroll/training/model.hpp>
#include <unroll/training/token_choice.hpp>

namespace unroll {

struct Generated {
  std::string text;          ///< what follows the prompt, from the space before it if one is due
  std::int64_t unknown = 0;  ///< tokens of the prompt that the vocabulary lacks
  std::int64_t tokens = 0;
  double seconds = 0;
  /// Summed over the tokens written, -log of the probability that the model gave each among those
  /// that may be written, whatever the sampler did with it: how little it expected its own text.
  double nats = 0;
};

/// What can keep its weights in other forms than float32, for messages.
inline constexpr std::string_view kOfFewerBits =
    "many_to_many with cells lstm (no projection), gru (reset after), rnn or irnn";

/// Can the model go on from a prompt with weights of this form?
bool writes_with(const Model& model, WeightFormat format);

/// A decoder of so many sequences, reset, whose weights are kept in this form. Throws Error(usage)
/// if the architecture does not go on from a prompt, or not with weights of this form.
std::unique_ptr<Decoder> continuing_decoder(const Model& model, std::int64_t sequences,
                                            WeightFormat format);

/// Writes with one model. The state is carried from token to token and never recomputed; each
/// token of the prompt is fed once; unknown and begin are never sampled.
/// Throws Error(usage) as continuing_decoder does. Must not outlive the model, and reads its
/// weights as they are when the first token is read.
class Generator {
 public:
  explicit Generator(const Model& model, WeightFormat format = WeightFormat::f32);
  ~Generator();

  /// Called with each piece of text as it is written; false ends the text there. Without it the
  /// text is put together in the end, which is faster. `stop` (may be null) ends it too.
  using OnText = std::function<bool(std::string_view)>;

  /// `length` tokens after the prompt, or fewer where the model ends the text. An empty prompt
  /// begins with the vocabulary's begin token, or else as after a line break.
  Generated generate(std::string_view prompt, std::int64_t length, Sampler& sampler,
                     RandomStream& random, const OnText& on_text = {},
                     const StopFlag* stop = nullptr);

  /// For conversations: the state is that after everything read and written so far.
  void reset();
  /// Feeds a text; gives the number of its unknown tokens.
  std::int64_t read(std::string_view text);
  /// Writes on from the present state.
  Generated write(std::int64_t length, Sampler& sampler, RandomStream& random,
                  const OnText& on_text = {}, const StopFlag* stop = nullptr);

 private:
  void feed(TokenId token);

  const Model& model_;
  std::unique_ptr<Decoder> decoder_;
  TokenChoice choose_;
  ContinuedText text_;             ///< what was read and written
  std::span<const float> logits_;  ///< the decoder's; empty: nothing was fed yet
};

}  // namespace unroll
