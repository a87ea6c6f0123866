// plugins/samplers/greedy.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
#include <unroll/plugin.hpp>

#include <limits>

namespace {

class Greedy final : public unroll::Sampler {
 public:
  struct Options {};
  static void describe(unroll::Schema<Options>& schema) {
    schema.summary("the most likely token, always");
  }
  explicit Greedy(const Options&) {}

  unroll::TokenId choose(std::span<const float> logits, unroll::RandomStream&) override {
    std::size_t best = logits.size();
    float highest = -std::numeric_limits<float>::infinity();
    for (std::size_t id = 0; id < logits.size(); ++id) {
      if (logits[id] > highest) {
        highest = logits[id];
        best = id;
      }
    }
    if (best == logits.size()) {
      unroll::fail(unroll::Failure::diverged, "no token to choose: no logit is a finite number");
    }
    return static_cast<unroll::TokenId>(best);
  }
};

}

UNROLL_PLUGIN(sampler, "greedy_0_1", "1.0.0", Greedy)
