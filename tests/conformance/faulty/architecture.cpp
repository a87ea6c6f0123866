// A recurrent language model that reads one-hot tokens and predicts the next, with the fault that
// its option names.
#include <unroll/plugin.hpp>

#include <algorithm>

namespace {

using namespace unroll;

int runs = 0;

class Faulty final : public Architecture {
 public:
  struct Options {
    std::string fault = "none";
    PluginChoice cell{"rnn", {}, {}};
    std::int64_t hidden = 32;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("breaks the contract that it is told to");
    schema.option("fault", &Options::fault, "what is wrong")
        .choices({"none", "gradient", "padding", "certain", "stubborn", "unsaved", "window",
                  "random", "decoder", "logits", "memory"});
    schema.option("cell", &Options::cell, "what is unrolled").kind("cell");
    schema.option("hidden", &Options::hidden, "units").range(1, 65536);
  }
  Faulty(const Options& options, const ArchitectureContext& context)
      : fault_(options.fault),
        vocabulary_(context.domain.text.size()),
        recurrence_({.hidden = options.hidden}, vocabulary_, {},
                    context.parameters.scope("recurrence"),
                    [&](const CellSizes& sizes, const Parameters& parameters) {
                      return context.factory.make_cell(options.cell, sizes, parameters);
                    }),
        V_(context.parameters.make("V", {options.hidden, vocabulary_}, init::zeros(),
                                   {"hidden, vocabulary", ""})) {
    if (!context.domain.fields.text || context.domain.fields.target ||
        context.domain.fields.label || !context.domain.fields.features.empty())
      fail(Failure::usage, "reads texts alone");
  }

  Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) override {
    if (dropout != nullptr) trained_ += 1;
    Var y = logits(graph, batch.inputs, batch.lengths, carry);
    if (is("memory")) past_.push_back(y.value().clone());
    Tensor targets = batch.targets;
    if (is("padding")) {  // what has ended goes on predicting token 0
      targets = targets.clone();
      for (TokenId& target : targets.span<TokenId>()) target = std::max(target, 0);
    }
    const CrossEntropy entropy = cross_entropy(y, targets);
    Outcome outcome;
    outcome.total = *entropy.total.value().to(DType::f64).data<double>();
    if (is("random") && y.dtype() == DType::f32) outcome.total *= 1 + 1e-7 * (++runs % 3);
    outcome.counted = entropy.counted;
    outcome.correct = entropy.correct;
    outcome.loss =
        (1.0 / static_cast<double>(std::max<std::int64_t>(outcome.counted, 1))) * entropy.total;
    return outcome;
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override {
    return std::make_unique<Steps>(*this, sequences);
  }

 private:
  class Steps final : public Decoder {
   public:
    Steps(Faulty& model, std::int64_t sequences)
        : model_(model), ids_(Tensor::zeros(Shape{1, sequences}, DType::i32)) {}
    void reset() override {
      if (!model_.is("decoder")) carry_.clear();
    }
    std::span<const float> next(std::span<const TokenId> tokens) override {
      std::copy(tokens.begin(), tokens.end(), ids_.data<TokenId>());
      graph_.clear();
      logits_ = model_.logits(graph_, ids_, {}, carry_).value();
      const auto all = logits_.span<float>();
      return model_.is("logits") ? all.first(all.size() - 1) : all;
    }

   private:
    Faulty& model_;
    Graph graph_{Graph::Mode::infer};
    Tensor ids_, logits_;
    Carry carry_;
  };

  bool is(std::string_view fault) const { return fault_ == fault; }

  Var logits(Graph& graph, const Tensor& ids, std::span<const std::int32_t> lengths, Carry& carry) {
    if (is("window") && ids.dim(0) > 1) carry.clear();
    const RecurrentState state = carry.empty() ? recurrence_.zero_state(graph, ids.dim(1))
                                               : recurrence_.from_values(graph, carry);
    const Var x = graph.one_hot(ids, vocabulary_, V_.value().dtype());
    Recurrence::Result result = recurrence_.run(x, state, nullptr, lengths);
    carry = Recurrence::values(result.last);
    Var y = matmul(result.outputs, V_);
    if (is("gradient")) y = y + detach(0.1 * y);
    if (is("certain")) y = y + graph.constant(one_sure_token(y.dtype()));
    if (is("unsaved")) y = (1 + 0.01 * trained_) * y;
    if (is("stubborn")) y = 0.01 * tanh(y);  // all tokens stay about as likely
    return y;
  }

  Tensor one_sure_token(DType type) const {
    Tensor bias = Tensor::zeros({vocabulary_}, DType::f64);
    bias.data<double>()[0] = 5;
    return bias.to(type);
  }

  std::string fault_;
  std::int64_t vocabulary_;
  double trained_ = 0;  ///< batches
  Recurrence recurrence_;
  Parameter& V_;
  std::vector<Tensor> past_;
};

}  // namespace

UNROLL_PLUGIN(architecture, "faults", "1.0.0", Faulty)
