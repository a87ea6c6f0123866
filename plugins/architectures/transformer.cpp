// Transformer: a small causal self-attention language model (Vaswani et al. 2017, arXiv
// 1706.03762), the modern yardstick beside the recurrent cells. Normalisation comes first in every
// block (Xiong et al. 2020, arXiv 2002.04745), positions are rotations (Su et al. 2021, arXiv
// 2104.09864):
//
//   x = E[token_t]                                           [T, N, D]
//   in every layer
//     q, k, v = LN(x) W + b                                  W [D, 3D]
//     x = x + attention(rotated q, rotated k, v) O + c       O [D, D]
//     x = x + gelu(LN(x) W + b) V + c                        W [D, F], V [F, D]
//   logits = LN(x) W + b, or LN(x) E' + b when tied          [T, N, V]
//   loss = mean of -log softmax(logits)[target_t], in nats a token
//
// A token sees itself and the `context` tokens before it, wherever windows begin: the keys and
// values of the last `context` tokens are the state that is carried from window to window, as in
// Transformer-XL (Dai et al. 2019, arXiv 1901.02860), without a gradient into earlier windows. What
// is carried is not rotated yet, so that positions count from the oldest token that is kept and
// never grow. Generating, a token costs one step. Left out: dropout of attention weights.
#include <unroll/plugin.hpp>

#include <algorithm>

namespace {

using namespace unroll;

struct Options {
  std::int64_t hidden = 128;
  std::int64_t layers = 2;
  std::int64_t heads = 4;
  std::int64_t feed_forward = 0;
  std::int64_t context = 128;
  std::string positions = "rotary";
  double dropout = 0;
  bool tied = false;
  InitialOptions initial;
};

/// LN(x) with a gain and an offset of its own.
class Norm {
 public:
  Norm(std::int64_t width, const Parameters& parameters, double gain = 1)
      : gain_(parameters.make("norm_gain", {width}, init::constant(gain), {"hidden", {}})),
        offset_(parameters.make("norm_offset", {width}, init::zeros(), {"hidden", {}})) {}
  Var operator()(Var x) const { return layer_norm(x, gain_, offset_); }

 private:
  Parameter &gain_, &offset_;
};

/// Keys and values [S, N, D] of tokens before, not rotated; empty: none.
struct Memory {
  Tensor keys{}, values{};
};

/// The attention of one layer.
class Attending {
 public:
  Attending(const Options& options, const Parameters& parameters)
      : heads_(options.heads),
        context_(options.context),
        norm_(options.hidden, parameters),
        W_(parameters.make("W", {options.hidden, 3 * options.hidden},
                           init::input_weights(options.initial.as_scheme(), options.hidden, 3),
                           {"hidden, parts * hidden", "q, k, v"})),
        b_(parameters.make("b", {3 * options.hidden},
                           init::bias(options.initial.as_scheme(), options.hidden),
                           {"parts * hidden", "q, k, v"})),
        O_(parameters.make("O", {options.hidden, options.hidden},
                           init::input_weights(options.initial.as_scheme(), options.hidden, 1),
                           {"heads, hidden", {}})),
        c_(parameters.make("c", {options.hidden},
                           init::bias(options.initial.as_scheme(), options.hidden),
                           {"hidden", {}})) {}

  /// x [T, N, D] -> what is added to it. `memory` is replaced by that of the last `context` tokens.
  /// `turns` of at least as many positions as there are then; undefined: no rotation.
  Var operator()(Var x, Memory& memory, const Tensor& turns) const {
    const std::vector<Var> parts = split(affine(norm_(x), W_, b_), 3);
    Var keys = after(memory.keys, parts[1]);
    const Var values = after(memory.values, parts[2]);
    const std::int64_t positions = keys.dim(0),
                       begin = std::max<std::int64_t>(0, positions - context_);
    memory = {keys.value().slice(begin, positions), values.value().slice(begin, positions)};
    Var queries = parts[0];
    if (turns.defined()) {
      queries = rotate_pairs(queries, turns.slice(positions - x.dim(0), positions));
      keys = rotate_pairs(keys, turns.slice(0, positions));
    }
    return affine(causal_attention(queries, keys, values, heads_, context_), O_, c_);
  }

 private:
  static Var after(const Tensor& before, Var now) {
    if (!before.defined()) return now;
    const Var both[] = {now.graph()->constant(before), now};
    return join_rows(both);
  }

  std::int64_t heads_, context_;
  Norm norm_;
  Parameter &W_, &b_, &O_, &c_;
};

/// The two products of one layer that look at each token alone.
class FeedForward {
 public:
  FeedForward(const Options& options, std::int64_t width, const Parameters& parameters)
      : norm_(options.hidden, parameters),
        W_(parameters.make("W", {options.hidden, width},
                           init::input_weights(options.initial.as_scheme(), options.hidden, 1),
                           {"hidden, feed forward", {}})),
        b_(parameters.make("b", {width}, init::bias(options.initial.as_scheme(), options.hidden),
                           {"feed forward", {}})),
        V_(parameters.make("V", {width, options.hidden},
                           init::input_weights(options.initial.as_scheme(), width, 1),
                           {"feed forward, hidden", {}})),
        c_(parameters.make("c", {options.hidden}, init::bias(options.initial.as_scheme(), width),
                           {"hidden", {}})) {}
  Var operator()(Var x) const { return affine(gelu(affine(norm_(x), W_, b_)), V_, c_); }

 private:
  Norm norm_;
  Parameter &W_, &b_, &V_, &c_;
};

class Transformer final : public Architecture {
 public:
  using Options = ::Options;
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("predicts every next token by attention to those before it, and generates");
    schema.option("hidden", &O::hidden, "width of a token's vector, D").range(1, 65536);
    schema.option("layers", &O::layers, "blocks of attention and feed-forward").range(1, 64);
    schema.option("heads", &O::heads, "each of D / heads columns; they must divide D")
        .range(1, 1024);
    schema.option("feed_forward", &O::feed_forward, "units between the two products, F; 0: 4 D")
        .range(0, 262144);
    schema
        .option("context", &O::context,
                "tokens before itself that a token sees, in earlier windows too")
        .range(1, 65536);
    schema
        .option("positions", &O::positions,
                "rotary: attention sees distances (Su et al. 2021, arXiv 2104.09864); none: only "
                "order that causality tells (Haviv et al. 2022, arXiv 2203.16634)")
        .choices({"rotary", "none"});
    schema.option("dropout", &O::dropout, "of the embeddings and of all that layers add")
        .range(0, 0.95);
    schema.option("tied", &O::tied, "the output shares the embedding");
    schema.option("initial", &O::initial, "how weights begin");
  }

  Transformer(const Options& options, const ArchitectureContext& context);

  Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) override {
    Outcome outcome;
    const Var y = logits(graph, batch.inputs, carry, dropout);
    const CrossEntropy entropy = cross_entropy(y, batch.targets);
    const Tensor& total = entropy.total.value();
    outcome.total = total.dtype() == DType::f64 ? *total.data<double>()
                                                : static_cast<double>(*total.data<float>());
    outcome.counted = entropy.counted;
    outcome.correct = entropy.correct;
    if (graph.recording()) outcome.loss = (1 / std::max(entropy.weight, 1.0)) * entropy.total;
    return outcome;
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override;

 private:
  class Steps;
  struct Layer {
    Attending attend;
    FeedForward feed;
  };

  /// ids [T, N] -> [T, N, V]. Carry is read and replaced: keys and values of each layer in turn.
  Var logits(Graph& graph, const Tensor& ids, Carry& carry, RandomStream* dropout) {
    const std::int64_t before = carry.empty() ? 0 : carry.front().dim(0);
    carry.resize(2 * layers_.size());
    const Tensor turns = rotations(before + ids.dim(0));
    Var x = dropped(input_(graph, ids), dropout);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      Memory memory{std::move(carry[2 * i]), std::move(carry[2 * i + 1])};
      x = x + dropped(layers_[i].attend(x, memory, turns), dropout);
      carry[2 * i] = std::move(memory.keys);
      carry[2 * i + 1] = std::move(memory.values);
      x = x + dropped(layers_[i].feed(x), dropout);
    }
    return (*readout_)((*norm_)(x));
  }

  Var dropped(Var x, RandomStream* dropout) const {
    return dropout != nullptr && dropout_ > 0 ? unroll::dropout(x, dropout_, *dropout) : x;
  }

  /// For so many positions or more; made once for the most that were needed.
  Tensor rotations(std::int64_t positions) {
    if (head_ == 0) return {};
    if (!turns_.defined() || turns_.dim(0) < positions)
      turns_ = rotary_turns(positions, head_, type_);
    return turns_;
  }

  DType type_;
  std::int64_t head_;  ///< width of a head that is rotated; 0: no rotation
  double dropout_;
  Tensor turns_;
  TokenInput input_;
  std::vector<Layer> layers_;
  std::unique_ptr<Norm> norm_;
  std::unique_ptr<Readout> readout_;
};

Transformer::Transformer(const Options& options, const ArchitectureContext& context)
    : type_(context.parameters.dtype()),
      head_(options.positions == "rotary" ? options.hidden / options.heads : 0),
      dropout_(options.dropout),
      input_(context.domain.text.size(), options.hidden, options.tied, options.initial.as_scheme(),
             context.parameters.scope("embedding")) {
  if (!context.domain.fields.text)
    fail(Failure::usage, "transformer reads texts, and this dataset has none");
  if (options.hidden % options.heads != 0)
    fail(Failure::usage, "transformer cuts hidden ({}) into {} heads, which do not divide it",
         options.hidden, options.heads);
  if (head_ % 2 != 0)
    fail(Failure::usage,
         "transformer rotates pairs of a head's columns, and hidden / heads is {}: make it even, "
         "or set positions: none",
         head_);
  const std::int64_t feed = options.feed_forward > 0 ? options.feed_forward : 4 * options.hidden;
  const Parameters& root = context.parameters;
  for (std::int64_t i = 0; i < options.layers; ++i) {
    const Parameters layer = root.scope("layer" + std::to_string(i));
    layers_.push_back({Attending(options, layer.scope("attention")),
                       FeedForward(options, feed, layer.scope("feed_forward"))});
  }
  const Parameters output = root.scope("output");
  // A tied table is large for output weights: the untrained loss shall be near ln V all the same.
  norm_ = std::make_unique<Norm>(options.hidden, output, options.tied ? 0.3 : 1);
  const init::Scheme scheme = options.initial.as_scheme();
  readout_ =
      options.tied
          ? std::make_unique<Readout>(options.hidden, input_.table(), scheme, output)
          : std::make_unique<Readout>(options.hidden, context.domain.text.size(), scheme, output);
}

class Transformer::Steps final : public Decoder {
 public:
  Steps(Transformer& model, std::int64_t sequences)
      : model_(model), ids_(Tensor::zeros(Shape{1, sequences}, DType::i32)) {}

  void reset() override { carry_.clear(); }

  std::span<const float> next(std::span<const TokenId> tokens) override {
    std::copy(tokens.begin(), tokens.end(), ids_.data<TokenId>());
    graph_.clear();
    logits_ = model_.logits(graph_, ids_, carry_, nullptr).value();
    return logits_.span<float>();
  }

 private:
  Transformer& model_;
  Graph graph_{Graph::Mode::infer};
  Tensor ids_;  ///< [1, N]
  Carry carry_;
  Tensor logits_;
};

std::unique_ptr<Decoder> Transformer::decoder(std::int64_t sequences) {
  return std::make_unique<Steps>(*this, sequences);
}

}  // namespace

UNROLL_PLUGIN(architecture, "transformer", "1.0.0", Transformer)
