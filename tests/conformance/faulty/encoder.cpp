// tanh(features W), with the fault that its option names.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

int calls = 0;

class Faulty final : public Encoder {
 public:
  struct Options {
    std::string fault = "none";
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("breaks the contract that it is told to");
    schema.option("fault", &Options::fault, "what is wrong")
        .choices({"none", "gradient", "shape", "batch", "one", "random", "unsaved", "memory"});
  }
  Faulty(const Options& options, const EncoderSizes& sizes, const Parameters& parameters)
      : fault_(options.fault),
        output_(sizes.output),
        W_(parameters.make("W", {sizes.input_width(), sizes.output},
                           init::input_weights({}, sizes.output, 1), {"input, output", ""})) {}

  Var encode(Var features, RandomStream* dropout) override {
    const std::int64_t batch = features.dim(0);
    const std::int64_t width = batch == 0 ? 0 : features.shape().size() / batch;
    Graph& graph = *features.graph();
    Var y = tanh(matmul(reshape(features, {batch, width}), W_));
    if (fault_ == "gradient") y = y + detach(y * y);
    if (fault_ == "shape") return concatenate({{y, y}});
    if (fault_ == "batch" && batch > 1)
      y = matmul(
          graph.constant(Tensor::full({batch, batch}, 1.0 / static_cast<double>(batch), y.dtype())),
          y);
    if (fault_ == "one" && width == 1 && batch == 1) y = log(-1.0 * exp(y));
    if (fault_ == "random" && dropout == nullptr && y.dtype() == DType::f32)
      y = (1 + 4e-7 * (++calls % 3)) * y;
    if (fault_ == "unsaved") {
      if (dropout != nullptr) seen_ += 1;
      if (dropout == nullptr) y = (1 + 0.1 * seen_) * y;
    }
    if (fault_ == "memory") past_.push_back(y.value().clone());
    return y;
  }

 private:
  std::string fault_;
  std::int64_t output_;
  Parameter& W_;
  double seen_ = 0;
  std::vector<Tensor> past_;
};

}  // namespace

UNROLL_PLUGIN(encoder, "faults", "1.0.0", Faulty)
