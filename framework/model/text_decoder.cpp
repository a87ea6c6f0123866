#include <unroll/model/text_decoder.hpp>

#include <algorithm>

#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>

namespace unroll {
namespace {

std::int64_t seen_width(const TextDecoder::Sizes& sizes, bool attends) {
  return (attends ? sizes.memory : 0) + sizes.context;
}

Var joined(std::initializer_list<Var> parts) {
  std::vector<Var> defined;
  for (const Var& part : parts)
    if (part.defined()) defined.push_back(part);
  return defined.size() == 1 ? defined.front() : concatenate(defined);
}

Var one_step(Var x) {  // [N, F] -> [1, N, F]
  return reshape(x, {1, x.dim(0), x.dim(1)});
}

Var dropped(Var x, double probability, RandomStream* random) {
  return random != nullptr && probability > 0 ? dropout(x, probability, *random) : x;
}

}  // namespace

TextDecoder::TextDecoder(const TextDecoderOptions& options, const Sizes& sizes,
                         const std::optional<AttentionUse>& attention,
                         const ComponentFactory& factory, const Parameters& parameters)
    : options_(options),
      sizes_(sizes),
      use_(attention.value_or(AttentionUse{})),
      type_(parameters.dtype()),
      input_(sizes.vocabulary, options.embedding, options.tied, options.initial.as_scheme(),
             parameters.scope("embedding"), sizes.axis) {
  const init::Scheme scheme = options.initial.as_scheme();
  const bool attends = attention.has_value();
  const bool after = attends && !use_.before;
  const std::int64_t hidden = options.hidden;
  const std::int64_t layer = options.output_width > 0 ? options.output_width : after ? hidden : 0;
  const std::int64_t reads = input_.width() + sizes.context +
                             (attends && use_.before ? sizes.memory : 0) +
                             (after && use_.input_feeding ? layer : 0);
  recurrence_ = options.make(reads, false, factory, parameters.scope("recurrence"));
  const std::int64_t state = recurrence_->output_width();
  if (attends)
    attention_ = std::make_unique<Attention>(use_.options, Attention::Sizes{sizes.memory, state},
                                             scheme, parameters.scope("attention"));
  // Where something is seen, the output looks at it too, and at the token just read.
  const std::int64_t seen = seen_width(sizes, attends);
  const std::int64_t offered = state + seen + (seen > 0 && !after ? input_.width() : 0);
  width_ = layer > 0 ? layer : offered;
  const Parameters place = parameters.scope("output");
  if (layer > 0) {
    const Parameters before = place.scope("layer");
    output_W_ = &before.make("W", {offered, layer}, init::input_weights(scheme, offered, 1),
                             {"input, output", {}});
    output_b_ = &before.make("b", {layer}, init::bias(scheme, offered), {"output", {}});
  }
  readout_ = options.tied
                 ? std::make_unique<Readout>(width_, input_.table(), scheme, place)
                 : std::make_unique<Readout>(width_, sizes.vocabulary, scheme, place, sizes.axis);
}

Attention::Memory TextDecoder::remember(Var memory, std::span<const std::int32_t> lengths) const {
  return attention_->remember(memory, lengths);
}

Var TextDecoder::before_readout(Var state, Var seen, Var token, RandomStream* random) const {
  const bool after = attention_ && !use_.before;
  Var y = seen.defined() ? joined({state, seen, after ? Var() : token}) : state;
  if (output_W_ != nullptr) y = tanh(affine(y, *output_W_, *output_b_));
  return dropped(y, options_.output_dropout, random);
}

Var TextDecoder::all_steps(const Given& given, Var tokens, RandomStream* random) const {
  const std::int64_t steps = tokens.dim(0);
  Var context;
  if (given.context.defined()) context = repeat_time(given.context, steps);
  const Var y = recurrence_->run(joined({tokens, context}), given.state, random).outputs;
  Var seen = context;
  if (attention_) seen = joined({attention_->attend(y, *given.memory).context, context});
  return before_readout(y, seen, tokens, random);
}

TextDecoder::Running TextDecoder::begin(Graph& graph, const Given& given,
                                        std::int64_t lanes) const {
  Running running{given.state, {}};
  if (feeds()) running.fed = graph.constant(Tensor::zeros({lanes, width_}, type_));
  return running;
}

Var TextDecoder::step(const Given& given, Running& running, Var token, RandomStream* random) const {
  Var seen;
  if (looks_before())
    seen = attention_->attend(running.state.back().front(), *given.memory).context;
  const Var x = joined({token, given.context, seen, running.fed});
  Recurrence::Result result = recurrence_->run(one_step(x), running.state, random);
  running.state = std::move(result.last);
  const Var state = at(result.outputs, 0);
  if (attention_ && !use_.before) seen = attention_->attend(state, *given.memory).context;
  if (seen.defined() || given.context.defined()) seen = joined({seen, given.context});
  const Var y = before_readout(state, seen, token, random);
  if (feeds()) running.fed = y;
  return y;
}

Var TextDecoder::step_by_step(Graph& graph, const Given& given, const Tensor& previous,
                              RandomStream* random) const {
  const std::int64_t steps = previous.dim(0), lanes = previous.dim(1);
  const bool forced = random == nullptr || options_.teacher_forcing >= 1;
  Running running = begin(graph, given, lanes);
  std::vector<Var> read;
  Tensor own;  // what the model itself would have written
  for (std::int64_t t = 0; t < steps; ++t) {
    const bool truth = forced || t == 0 || random->uniform() < options_.teacher_forcing;
    const Var token =
        dropped(input_(graph, truth ? previous[t] : own), options_.input_dropout, random);
    read.push_back(step(given, running, token, random));
    if (forced) continue;
    const Tensor logits = (*readout_)(read.back()).value();
    own = Tensor::empty({lanes}, DType::i32);
    const Tensor plain = logits.to(DType::f32);
    for (std::int64_t n = 0; n < lanes; ++n) {
      const float* row = plain.data<float>() + n * sizes_.vocabulary;
      own.data<TokenId>()[n] =
          static_cast<TokenId>(std::max_element(row, row + sizes_.vocabulary) - row);
    }
  }
  return stack(read);
}

Outcome TextDecoder::run(Graph& graph, const Given& given, const Batch& batch,
                         RandomStream* random) const {
  const bool forced = random == nullptr || options_.teacher_forcing >= 1;
  const bool at_once = forced && !looks_before() && !feeds();
  const Var y =
      at_once
          ? all_steps(given, dropped(input_(graph, batch.previous), options_.input_dropout, random),
                      random)
          : step_by_step(graph, given, batch.previous, random);
  CrossEntropyOptions smoothing;
  if (random != nullptr) smoothing.label_smoothing = options_.label_smoothing;
  const CrossEntropy entropy = cross_entropy((*readout_)(y), batch.targets, smoothing);
  const Tensor& total = entropy.total.value();
  Outcome outcome;
  outcome.total = total.dtype() == DType::f64 ? *total.data<double>()
                                              : static_cast<double>(*total.data<float>());
  outcome.counted = entropy.counted;
  outcome.correct = entropy.correct;
  if (graph.recording())
    outcome.loss =
        (1.0 / static_cast<double>(std::max<std::int64_t>(entropy.counted, 1))) * entropy.total;
  return outcome;
}

/// Holds everything as plain tensors between two steps, and the graph of one step only.
class TextDecoder::Steps final : public Decoder {
 public:
  Steps(const TextDecoder& model, Give give) : model_(model), give_(std::move(give)) {}

  void reset() override { begin(Batch{}); }

  void begin(const Batch& batch) override {
    graph_.clear();
    const Given given = give_(graph_, batch);
    lanes_ = given.state.front().front().dim(0);
    const Running running = model_.begin(graph_, given, lanes_);
    keep(running);
    context_ = given.context.defined() ? given.context.value() : Tensor();
    memory_ = keys_ = lengths_ = {};
    if (given.memory) {
      memory_ = given.memory->values.value();
      keys_ = given.memory->keys.value();
      lengths_ = given.memory->lengths;
    }
    example_.resize(static_cast<std::size_t>(lanes_));
    for (std::size_t i = 0; i < example_.size(); ++i) example_[i] = static_cast<std::int32_t>(i);
  }

  std::span<const float> next(std::span<const TokenId> tokens) override {
    graph_.clear();
    Given given;
    given.state = model_.recurrence_->from_values(graph_, state_);
    if (context_.defined()) given.context = graph_.constant(context_);
    if (memory_.defined())
      given.memory = Attention::Memory{graph_.constant(memory_), graph_.constant(keys_), lengths_};
    Running running{given.state, {}};
    if (fed_.defined()) running.fed = graph_.constant(fed_);
    const Tensor ids = Tensor::of<TokenId>({lanes_}, tokens);
    const Var y = model_.step(given, running, model_.input_(graph_, ids), nullptr);
    logits_ = (*model_.readout_)(y).value();
    keep(running);
    return logits_.span<float>();
  }

  void reorder(std::span<const std::int32_t> from) override {
    for (Tensor& part : state_) part = lanes_of(part, from, 0);
    if (fed_.defined()) fed_ = lanes_of(fed_, from, 0);
    std::vector<std::int32_t> example;
    for (const std::int32_t lane : from)
      example.push_back(example_[static_cast<std::size_t>(lane)]);
    lanes_ = static_cast<std::int64_t>(from.size());
    if (example == example_) return;  // the same things to look at: the common case, and costly
    example_ = std::move(example);
    if (context_.defined()) context_ = lanes_of(context_, from, 0);
    if (memory_.defined()) memory_ = lanes_of(memory_, from, 1);
    if (keys_.defined()) keys_ = lanes_of(keys_, from, 1);
    if (lengths_.defined()) lengths_ = lanes_of(lengths_, from, 0);
  }

 private:
  void keep(const Running& running) {
    state_ = Recurrence::values(running.state);
    fed_ = running.fed.defined() ? running.fed.value() : Tensor();
  }

  /// The lanes `from` of a tensor whose dimension `dimension` counts lanes.
  static Tensor lanes_of(const Tensor& tensor, std::span<const std::int32_t> from, int dimension) {
    const auto dims = tensor.shape().dims();
    std::vector<std::int64_t> shape(dims.begin(), dims.end());
    const std::int64_t lanes = shape[static_cast<std::size_t>(dimension)];
    shape[static_cast<std::size_t>(dimension)] = static_cast<std::int64_t>(from.size());
    Tensor result = Tensor::empty(Shape{std::span<const std::int64_t>(shape)}, tensor.dtype());
    const std::int64_t outer = dimension == 0 ? 1 : shape[0];
    const std::int64_t inner = tensor.size() / (outer * lanes);
    const auto copy = [&](auto zero) {
      using T = decltype(zero);
      T* to = result.data<T>();
      for (std::int64_t o = 0; o < outer; ++o)
        for (const std::int32_t lane : from)
          to = std::copy_n(tensor.data<T>() + (o * lanes + lane) * inner, inner, to);
    };
    if (tensor.dtype() == DType::i32)
      copy(std::int32_t{});
    else
      copy(float{});
    return result;
  }

  const TextDecoder& model_;
  Give give_;
  Graph graph_{Graph::Mode::infer};
  std::int64_t lanes_ = 0;
  std::vector<Tensor> state_;
  Tensor fed_, context_, memory_, keys_, lengths_, logits_;
  std::vector<std::int32_t> example_;  ///< whose context and memory each lane has
};

std::unique_ptr<Decoder> TextDecoder::decoder(std::int64_t /*sequences*/, Give give) const {
  return std::make_unique<Steps>(*this, std::move(give));
}

}  // namespace unroll
