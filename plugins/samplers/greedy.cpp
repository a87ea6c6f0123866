// Greedy: always the most likely token; among equals the lowest id.
//
// Draws nothing from the stream. On a small model its text soon runs in circles: which is what it
// is there to show, beside the samplers that draw.
#include <unroll/plugin.hpp>

namespace {

class Greedy final : public unroll::Sampler {
 public:
  struct Options {};
  static void describe(unroll::Schema<Options>& schema) {
    schema.summary("the most likely token, always");
  }
  explicit Greedy(const Options&) {}

  unroll::TokenId choose(std::span<const float> logits, unroll::RandomStream&) override {
    return unroll::likeliest(logits);
  }
};

}  // namespace

UNROLL_PLUGIN(sampler, "greedy", "1.0.0", Greedy)
