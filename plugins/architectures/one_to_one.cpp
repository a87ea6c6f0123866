// One to one: features to a class or to numbers, without a recurrence.
//
//   y = f(encoder(features))                         [N, width]
//   answer = y W + b                                 [N, classes], or [N, K]
//
// With the encoder `mlp` it is a plain multilayer perceptron.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class OneToOne final : public Architecture {
 public:
  struct Options : AnswerOptions {
    PluginChoice encoder{"mlp", {}, {}};
    std::int64_t width = 64;
    std::string activation = "relu";
    double dropout = 0;
    InitialOptions initial;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("features to a class or to numbers: a multilayer perceptron");
    AnswerOptions::describe_all(schema);
    schema.option("encoder", &O::encoder, "what reads the features").kind("encoder");
    schema.option("width", &O::width, "of what the encoder gives").range(1, 65536);
    schema.option("activation", &O::activation, "after the encoder")
        .choices({"relu", "tanh", "none"});
    schema.option("dropout", &O::dropout, "after the activation").range(0, 0.95);
    schema.option("initial", &O::initial, "how weights begin");
  }

  OneToOne(const Options& options, const ArchitectureContext& context)
      : options_(options),
        type_(context.parameters.dtype()),
        answer_(options, "one_to_one", options.width, context.domain, options.initial.as_scheme(),
                context.parameters.scope("output")) {
    const auto& shape = context.domain.fields.features;
    if (shape.empty()) fail(Failure::usage, "one_to_one reads features, and this dataset has none");
    if (shape.size() == 2)
      fail(Failure::usage,
           "one_to_one reads vectors and images, and this dataset has sequences; many_to_one reads "
           "those");
    encoder_ = context.factory.make_encoder(options.encoder, {shape, options.width},
                                            context.parameters.scope("encoder"));
  }

  Task task() const override { return {answer_.goal(), false, true, false}; }

  Outcome run(Graph& graph, const Batch& batch, Carry& /*carry*/, RandomStream* dropout) override {
    Var y = encoder_->encode(graph.constant(batch.features.to(type_)), dropout);
    if (options_.activation == "relu") y = relu(y);
    if (options_.activation == "tanh") y = tanh(y);
    if (dropout != nullptr && options_.dropout > 0)
      y = unroll::dropout(y, options_.dropout, *dropout);
    return answer_(graph, y, batch);
  }

  Archive save() const override { return encoder_->save(); }
  void restore(const Archive& state) override { encoder_->restore(state); }

 private:
  Options options_;
  DType type_;
  std::unique_ptr<Encoder> encoder_;
  Answer answer_;
};

}  // namespace

UNROLL_PLUGIN(architecture, "one_to_one", "1.1.0", OneToOne)
