// The features themselves. Left out: padding or cutting; widths that differ are refused.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Identity final : public Encoder {
 public:
  struct Options {};

  static void describe(Schema<Options>& schema) {
    schema.summary("The features as they are: no parameters, the same width in and out");
  }

  Identity(const Options&, const EncoderSizes& sizes, const Parameters&) {
    if (sizes.input_width() != sizes.output)
      fail(Failure::usage,
           "encoder identity: the features have width {}, the state {}; use mlp to map between "
           "widths",
           sizes.input_width(), sizes.output);
  }

  Var encode(Var features, RandomStream* /*dropout*/) override {
    return reshape(features, {features.dim(0), features.value().size() / features.dim(0)});
  }
};

}  // namespace

UNROLL_PLUGIN(encoder, "identity", "1.0.0", Identity)
