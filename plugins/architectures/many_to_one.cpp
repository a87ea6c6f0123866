// Many to one: a sequence is read to its end; then one thing is said of it.
//
//   x_t = one-hot(token_t), its embedding, or features_t    [T, N, I]
//   y   = Recurrence(x)                                     [T, N, H], 2H when bidirectional
//   z   = y at each sequence's last step, or the mean or the maximum over its steps, or
//         sum over t of a_t y_t                             [N, H]
//   answer = z W + b                                        [N, classes], or [N, K]
//
// Attention pools with a = softmax over the steps of q · tanh(y_t U + c), where q is learnt: what
// to look for, the same for every sequence (Yang et al. 2016, "Hierarchical attention networks for
// document classification", equations 5 to 7).
//
// At its last step the backward direction of a bidirectional recurrence has read one token only;
// `last` therefore takes its state at the sequence's first step. With `masked: false` padding is
// read like anything else, which is how it should not be done.
#include <unroll/plugin.hpp>

#include <array>

namespace {

using namespace unroll;

class ManyToOne final : public Architecture {
 public:
  struct Options : RecurrentOptions, AnswerOptions {
    std::int64_t embedding = 0;
    bool bidirectional = false;
    std::string pool = "last";
    double input_dropout = 0;
    double output_dropout = 0;
    bool masked = true;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("reads a text or a sequence of features; says its class, or numbers");
    AnswerOptions::describe_all(schema);
    RecurrentOptions::describe_all(schema);
    schema.option("embedding", &O::embedding, "learnt width of a token, E; 0: one-hot input")
        .range(0, 65536);
    schema.option("bidirectional", &O::bidirectional, "read both ways");
    schema
        .option("pool", &O::pool,
                "what of the outputs is looked at in the end; attention: their mean by learnt "
                "weights (Yang et al. 2016)")
        .choices({"last", "mean", "max", "attention"});
    schema.option("input_dropout", &O::input_dropout, "of what the first layer reads")
        .range(0, 0.95);
    schema.option("output_dropout", &O::output_dropout, "before the answer").range(0, 0.95);
    schema.option("masked", &O::masked, "false reads padding too, to show what that does");
  }

  ManyToOne(const Options& options, const ArchitectureContext& context)
      : options_(options),
        type_(context.parameters.dtype()),
        reads_text_(context.domain.fields.text && context.domain.fields.features.empty()),
        input_(reads_text_ ? context.domain.text.size() : 1, reads_text_ ? options.embedding : 0,
               false, options.initial.as_scheme(), context.parameters.scope("embedding")) {
    const auto& shape = context.domain.fields.features;
    if (!reads_text_ && shape.size() != 2)
      fail(Failure::usage,
           "many_to_one reads texts or sequences of features [T, F], and this dataset has neither");
    const Parameters& root = context.parameters;
    recurrence_ = options.make(reads_text_ ? input_.width() : shape[1], options.bidirectional,
                               context.factory, root.scope("recurrence"));
    const std::int64_t width = recurrence_->output_width();
    const init::Scheme scheme = options.initial.as_scheme();
    if (options.pool == "attention")
      attention_ =
          std::make_unique<Attention>(AttentionOptions{"additive", width},
                                      Attention::Sizes{width, 1}, scheme, root.scope("attention"));
    answer_ = std::make_unique<Answer>(options, "many_to_one", width, context.domain, scheme,
                                       root.scope("output"));
  }

  Task task() const override { return {answer_->goal(), reads_text_, !reads_text_, false}; }

  Outcome run(Graph& graph, const Batch& batch, Carry& /*carry*/, RandomStream* dropout) override {
    Var x = reads_text_ ? input_(graph, batch.inputs) : graph.constant(batch.features.to(type_));
    if (dropout != nullptr && options_.input_dropout > 0)
      x = unroll::dropout(x, options_.input_dropout, *dropout);
    std::span<const std::int32_t> lengths;
    if (options_.masked) lengths = batch.lengths;
    const Recurrence::Result result =
        recurrence_->run(x, recurrence_->zero_state(graph, x.dim(1)), dropout, lengths);
    Var z = pool(graph, result, lengths);
    if (dropout != nullptr && options_.output_dropout > 0)
      z = unroll::dropout(z, options_.output_dropout, *dropout);
    return (*answer_)(graph, z, batch);
  }

 private:
  /// Outputs [T, N, H] -> [N, H].
  Var pool(Graph& graph, const Recurrence::Result& result,
           std::span<const std::int32_t> lengths) const {
    const Var y = result.outputs;
    if (attention_) {  // a query of 1, so that its product with W is c
      const Var one = graph.constant(Tensor::full(Shape{y.dim(1), 1}, 1, type_));
      return attention_->attend(one, attention_->remember(y, lengths)).context;
    }
    if (options_.pool == "mean") return mean_over_time(y, lengths);
    if (options_.pool == "max") return max_over_time(y, lengths);
    if (!options_.bidirectional) return last_step(y, lengths);
    const std::size_t layers = result.last.size() / 2;
    const std::array<Var, 2> ends = {result.last[2 * (layers - 1)].front(),
                                     result.last[2 * (layers - 1) + 1].front()};
    return concatenate(ends);
  }

  Options options_;
  DType type_;
  bool reads_text_;
  TokenInput input_;
  std::unique_ptr<Recurrence> recurrence_;
  std::unique_ptr<Attention> attention_;  ///< null unless it pools
  std::unique_ptr<Answer> answer_;
};

}  // namespace

UNROLL_PLUGIN(architecture, "many_to_one", "1.1.0", ManyToOne)
