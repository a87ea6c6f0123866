// An encoder whose matrix does not fit its features.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Faulty final : public Encoder {
 public:
  struct Options {};
  static void describe(Schema<Options>& schema) { schema.summary("multiplies what cannot be"); }
  Faulty(const Options&, const EncoderSizes& sizes, const Parameters& parameters)
      : W_(parameters.make("W", {sizes.input_width() + 1, sizes.output}, init::zeros(),
                           {"a, b", ""})) {}

  Var encode(Var features, RandomStream*) override { return matmul(features, W_); }

 private:
  Parameter& W_;
};

}  // namespace

UNROLL_PLUGIN(encoder, "faulty", "1.0.0", Faulty)
