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

  Identity(const Options&, std::int64_t input_width, std::int64_t output_width, const Parameters&) {
    if (input_width != output_width)
      fail(Failure::usage,
           "encoder identity: the features have width {}, the state {}; use mlp to map between "
           "widths",
           input_width, output_width);
  }

  Var encode(Var features) override { return features; }
};

}  // namespace

UNROLL_PLUGIN(encoder, "identity", "1.0.0", Identity)
