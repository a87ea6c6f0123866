// The next token of a text from all before it.
//
//   x_t = E[token_t]                          [T, N, E], rows of a learnt table
//   y   = Recurrence(x)                       [T, N, H], any cell in any number of layers
//   logits = y W + b                          [T, N, V]
//   loss = mean of -log softmax(logits)[next token], in nats
//
// T time, N sequences side by side, E embedding, H hidden, V vocabulary.
#include <unroll/plugin.hpp>

#include <algorithm>

namespace {

using namespace unroll;

class PluginName final : public Architecture {
 public:
  struct Options : RecurrentOptions {  // cell, hidden, layers, dropout, …
    std::int64_t embedding = 32;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("predicts every next token, and generates");
    RecurrentOptions::describe_all(schema);
    schema.option("embedding", &Options::embedding, "learnt width of a token, E").range(1, 65536);
  }

  PluginName(const Options& options, const ArchitectureContext& context)
      : input_(context.domain.text.size(), options.embedding, false, options.initial.as_scheme(),
               context.parameters.scope("embedding")) {
    if (!context.domain.fields.text)
      fail(Failure::usage, "plugin_name reads texts, and this dataset has none");
    recurrence_ = options.make(input_.width(), false, context.factory,
                               context.parameters.scope("recurrence"));
    readout_ =
        std::make_unique<Readout>(recurrence_->output_width(), context.domain.text.size(),
                                  options.initial.as_scheme(), context.parameters.scope("output"));
  }

  // What it reads and predicts: batches hold what this asks for.
  Task task() const override { return {Task::Goal::next_token, true, false, false}; }

  // `carry` is the state that the window before has left; it is replaced by this window's.
  Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) override {
    const Var y = logits(graph, batch.inputs, batch.lengths, carry, dropout);
    const CrossEntropy entropy = cross_entropy(y, batch.targets);
    Outcome outcome;
    const Tensor total = entropy.total.value().to(DType::f64);
    outcome.total = *total.data<double>();
    outcome.counted = entropy.counted;
    outcome.correct = entropy.correct;
    const double all = static_cast<double>(std::max<std::int64_t>(entropy.counted, 1));
    if (graph.recording()) outcome.loss = 1 / all * entropy.total;
    return outcome;
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override {
    return std::make_unique<Steps>(*this, sequences);
  }

 private:
  // Generates: one token of every sequence at a time, in a graph that records nothing.
  class Steps final : public Decoder {
   public:
    Steps(PluginName& model, std::int64_t sequences)
        : model_(model), ids_(Tensor::zeros({1, sequences}, DType::i32)) {}
    void reset() override { carry_.clear(); }
    std::span<const float> next(std::span<const TokenId> tokens) override {
      std::copy(tokens.begin(), tokens.end(), ids_.data<TokenId>());
      graph_.clear();
      logits_ = model_.logits(graph_, ids_, {}, carry_, nullptr).value();
      return logits_.span<float>();
    }

   private:
    PluginName& model_;
    Graph graph_{Graph::Mode::infer};
    Tensor ids_, logits_;
    Carry carry_;
  };

  // ids [T, N] -> [T, N, V].
  Var logits(Graph& graph, const Tensor& ids, std::span<const std::int32_t> lengths, Carry& carry,
             RandomStream* dropout) {
    const RecurrentState state = carry.empty() ? recurrence_->zero_state(graph, ids.dim(1))
                                               : recurrence_->from_values(graph, carry);
    const auto result = recurrence_->run(input_(graph, ids), state, dropout, lengths);
    carry = Recurrence::values(result.last);
    return (*readout_)(result.outputs);
  }

  TokenInput input_;
  std::unique_ptr<Recurrence> recurrence_;
  std::unique_ptr<Readout> readout_;
};

}  // namespace

UNROLL_PLUGIN(architecture, "plugin_name", "0.1.0", PluginName)
