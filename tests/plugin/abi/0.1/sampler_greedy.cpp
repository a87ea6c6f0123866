// plugins/samplers/greedy.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
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

}

UNROLL_PLUGIN(sampler, "greedy_0_1", "1.0.0", Greedy)
