// A plugin in order, with options and a choice of how its code throws.
#include <unroll/plugin.hpp>

#include <stdexcept>

namespace {

struct NotAnException {};
struct OwnException : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Sound final : unroll::Sampler {
  struct Options {
    int always = 0;
    std::string throws = "nothing";
  };
  static void describe(unroll::Schema<Options>& schema) {
    schema.summary("always the same token");
    schema.option("always", &Options::always, "the token").range(0, 9);
    schema.option("throws", &Options::throws, "what its constructor throws, or its call")
        .choices({"nothing", "own", "error", "other", "call"});
  }
  explicit Sound(const Options& options)
      : always_(options.always), throws_(options.throws == "call") {
    if (options.throws == "own") throw OwnException("an exception of the plugin's own type");
    if (options.throws == "error") unroll::fail(unroll::Failure::usage, "9 and 7 do not go");
    if (options.throws == "other") throw NotAnException{};
  }
  unroll::TokenId choose(std::span<const float>, unroll::RandomStream&) override {
    if (throws_) throw OwnException("no token today");
    return always_;
  }

 private:
  unroll::TokenId always_;
  bool throws_;
};

}  // namespace

UNROLL_PLUGIN(sampler, "sound", "1.2.3", Sound)
