// Many to many: a token generator. Every step predicts the token that follows.
//
//   x_t = one-hot(token_t), or its embedding         [T, N, V] or [T, N, E]
//   y   = Recurrence(x)                              [T, N, H]
//   logits = y W + b, or y E' + b when tied          [T, N, V]
//   loss = mean of -log softmax(logits)[token_{t+1}], in nats a token
//
// Tied output weights: Press and Wolf 2017, arXiv 1608.05859. The output's bias begins at zero and
// its weights small, so that the untrained loss is near ln V.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace unroll;

struct Initial {
  using Options = Initial;
  std::string scheme = "default";
  double scale = 0.08;
  static void describe(Schema<Initial>& schema) {
    schema.summary("how weights begin");
    schema
        .option("scheme", &Initial::scheme,
                "default: Glorot and orthogonal; uniform: within scale; lecun: within 1/sqrt(H)")
        .choices({"default", "uniform", "lecun"});
    schema.option("scale", &Initial::scale, "of uniform").above(0);
  }
};

class ManyToMany final : public Architecture {
 public:
  struct Options {
    PluginChoice cell{"lstm", {}, {}};
    std::int64_t hidden = 128;
    std::int64_t layers = 1;
    std::int64_t embedding = 0;
    bool tied = false;
    double dropout = 0;
    double output_dropout = 0;
    bool variational = false;
    bool residual = false;
    bool layer_norm = false;
    bool bidirectional = false;
    Initial initial;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("predicts every next token; generates");
    schema.option("cell", &O::cell, "what is unrolled").kind("cell");
    schema.option("hidden", &O::hidden, "units of each layer, H").range(1, 65536);
    schema.option("layers", &O::layers, "stacked cells").range(1, 64);
    schema.option("embedding", &O::embedding, "learnt width of a token, E; 0: one-hot input")
        .range(0, 65536);
    schema.option("tied", &O::tied, "the output shares the embedding (needs E = H)");
    schema.option("dropout", &O::dropout, "between layers (Zaremba 2014, arXiv 1409.2329)")
        .range(0, 0.95);
    schema.option("output_dropout", &O::output_dropout, "after the last layer").range(0, 0.95);
    schema.option("variational", &O::variational, "one mask a window (Gal 2016, arXiv 1512.05287)");
    schema.option("residual", &O::residual, "add each layer's input to its output");
    schema.option("layer_norm", &O::layer_norm, "normalise each layer's output");
    schema.option("bidirectional", &O::bidirectional, "not for this architecture");
    schema.option("initial", &O::initial, "how weights begin");
  }

  ManyToMany(const Options& options, const ArchitectureContext& context);

  Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) override {
    Outcome outcome;
    const CrossEntropy entropy =
        cross_entropy(logits(graph, batch.inputs, carry, dropout), batch.targets);
    const Tensor& total = entropy.total.value();
    outcome.nats = total.dtype() == DType::f64 ? *total.data<double>()
                                               : static_cast<double>(*total.data<float>());
    outcome.counted = entropy.counted;
    outcome.correct = entropy.correct;
    if (graph.recording())
      outcome.loss =
          (1.0 / static_cast<double>(std::max<std::int64_t>(entropy.counted, 1))) * entropy.total;
    return outcome;
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override;

 private:
  class Steps;

  /// ids [T, N] -> [T, N, V]; carry is read and replaced.
  Var logits(Graph& graph, const Tensor& ids, Carry& carry, RandomStream* dropout) {
    Var x = graph.one_hot(ids, vocabulary_, type_);
    if (embedding_ != nullptr) x = matmul(x, *embedding_);
    const RecurrentState state = carry.empty() ? recurrence_->zero_state(graph, ids.dim(1))
                                               : recurrence_->from_values(graph, carry);
    Recurrence::Result result = recurrence_->run(x, state, dropout);
    carry = Recurrence::values(result.last);
    Var y = result.outputs;
    if (dropout != nullptr && output_dropout_ > 0)
      y = unroll::dropout(y, output_dropout_, *dropout, variational_);
    if (output_ == nullptr) return matmul_transposed(y, *embedding_) + Var(*bias_);
    return affine(y, *output_, *bias_);
  }

  std::int64_t vocabulary_;
  DType type_;
  double output_dropout_;
  bool variational_;
  std::unique_ptr<Recurrence> recurrence_;
  Parameter* embedding_ = nullptr;
  Parameter* output_ = nullptr;  ///< null when tied
  Parameter* bias_ = nullptr;
};

ManyToMany::ManyToMany(const Options& options, const ArchitectureContext& context)
    : vocabulary_(context.vocabulary.size()),
      type_(context.parameters.dtype()),
      output_dropout_(options.output_dropout),
      variational_(options.variational) {
  if (options.bidirectional)
    fail(Failure::usage,
         "many_to_many generates from left to right: a bidirectional recurrence would read the "
         "token that it has to predict");
  const init::Scheme scheme{options.initial.scheme, options.initial.scale};
  const Parameters& root = context.parameters;
  if (options.embedding > 0) {
    // Input rows of unit variance; as output weights they have to begin small.
    const double deviation =
        options.tied ? 1 / std::sqrt(static_cast<double>(options.embedding)) : 1.0;
    embedding_ = &root.make("embedding/E", {vocabulary_, options.embedding},
                            options.initial.scheme == "uniform"
                                ? init::uniform(-options.initial.scale, options.initial.scale)
                                : init::normal(0, deviation),
                            {"vocabulary, embedding", {}});
  }
  const RecurrenceOptions recurrence{options.hidden,    options.layers,      false,
                                     options.dropout,   options.variational, options.residual,
                                     options.layer_norm};
  recurrence_ = std::make_unique<Recurrence>(
      recurrence, options.embedding > 0 ? options.embedding : vocabulary_, scheme,
      root.scope("recurrence"), [&](const CellSizes& sizes, const Parameters& parameters) {
        return context.factory.make_cell(options.cell, sizes, parameters);
      });
  const std::int64_t width = recurrence_->output_width();
  if (options.tied && options.embedding != width)
    fail(Failure::usage,
         "tied output weights need an embedding as wide as the recurrence: embedding is {}, the "
         "output {}; set embedding to {}",
         options.embedding, width, width);
  if (!options.tied)
    output_ = &root.make("output/W", {width, vocabulary_}, init::input_weights(scheme, width, 1),
                         {"hidden, vocabulary", {}});
  bias_ = &root.make("output/b", {vocabulary_}, init::bias(scheme, width), {"vocabulary", {}});
}

class ManyToMany::Steps final : public Decoder {
 public:
  Steps(ManyToMany& model, std::int64_t sequences)
      : model_(model), ids_(Tensor::zeros(Shape{1, sequences}, DType::i32)) {}

  void reset() override { carry_.clear(); }

  std::span<const float> next(std::span<const TokenId> tokens) override {
    std::copy(tokens.begin(), tokens.end(), ids_.data<TokenId>());
    graph_.clear();
    logits_ = model_.logits(graph_, ids_, carry_, nullptr).value();
    return logits_.span<float>();
  }

 private:
  ManyToMany& model_;
  Graph graph_{Graph::Mode::infer};
  Tensor ids_;  ///< [1, N]
  Carry carry_;
  Tensor logits_;
};

std::unique_ptr<Decoder> ManyToMany::decoder(std::int64_t sequences) {
  return std::make_unique<Steps>(*this, sequences);
}

}  // namespace

UNROLL_PLUGIN(architecture, "many_to_many", "1.0.0", ManyToMany)
