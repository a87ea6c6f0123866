// Beam search with length normalisation: of `width` unfinished texts the likeliest go on; those
// that end compete by
//
//   log p(text) / ((5 + length) / 6)^alpha          Wu et al. 2016, arXiv 1609.08144, equation 14
//
// Where texts go on from a prompt without an end, there is nothing to compare: it is then greedy.
#include <unroll/plugin.hpp>

#include <cmath>

namespace {

using namespace unroll;

class Beam final : public Sampler {
 public:
  struct Options {
    std::int64_t width = 5;
    double alpha = 1.0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("beam search: the likeliest whole text among several kept side by side");
    schema.option("width", &Options::width, "texts kept side by side").range(1, 1000);
    schema
        .option("alpha", &Options::alpha,
                "how much longer texts are made up for: 0 not at all, 1 by their length")
        .range(0, 5);
  }
  explicit Beam(const Options& options) : options_(options) {}

  TokenId choose(std::span<const float> logits, RandomStream& /*random*/) override {
    return likeliest(logits);
  }
  std::int64_t width() const override { return options_.width; }
  double worth(double log_probability, std::int64_t tokens) const override {
    return log_probability / std::pow((5.0 + static_cast<double>(tokens)) / 6.0, options_.alpha);
  }

 private:
  Options options_;
};

}  // namespace

UNROLL_PLUGIN(sampler, "beam", "1.0.0", Beam)
