// The shortest sampler there is: what the test plugins export, each in its own broken way.
#pragma once

#include <unroll/plugin.hpp>

namespace {

struct TrivialSampler : unroll::Sampler {
  struct Options {};
  static void describe(unroll::Schema<Options>& schema) { schema.summary("always token 0"); }
  explicit TrivialSampler(const Options&) {}
  unroll::TokenId choose(std::span<const float>, unroll::RandomStream&) override { return 0; }
};

}  // namespace
