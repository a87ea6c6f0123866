// plugins/architectures/many_to_many.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
#include <unroll/plugin.hpp>

#include <algorithm>

namespace {

using namespace unroll;
using Goal = Task::Goal;

class ManyToMany final : public Architecture {
 public:
  struct Options : RecurrentOptions, ClassWeightOptions {
    std::string predict = "next_token";
    std::int64_t embedding = 0;
    bool tied = false;
    double output_dropout = 0;
    bool bidirectional = false;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("predicts every next token, and generates; or tags every token");
    schema
        .option("predict", &O::predict,
                "next_token of the text, or tags: the target has one token for each of the text")
        .choices({"next_token", "tags"});
    RecurrentOptions::describe_all(schema);
    schema.option("embedding", &O::embedding, "learnt width of a token, E; 0: one-hot input")
        .range(0, 65536);
    schema.option("tied", &O::tied, "the output shares the embedding (needs E = H)");
    schema.option("output_dropout", &O::output_dropout, "after the last layer").range(0, 0.95);
    schema.option("bidirectional", &O::bidirectional, "read both ways; only to tag");
    ClassWeightOptions::describe_all(schema, "a token's tag");
  }

  ManyToMany(const Options& options, const ArchitectureContext& context);

  Task task() const override { return {goal_, true, false, false}; }

  Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) override {
    Outcome outcome;
    const Var h = hidden(graph, batch.inputs, batch.lengths, carry, dropout);
    const Var y = goal_ == Goal::tags ? (*readout_)(h) : Var();
    const CrossEntropy entropy =
        goal_ == Goal::tags ? cross_entropy(y, batch.targets) : readout_->loss(h, batch.targets);
    const Tensor& total = entropy.total.value();
    outcome.total = total.dtype() == DType::f64 ? *total.data<double>()
                                                : static_cast<double>(*total.data<float>());
    outcome.counted = entropy.counted;
    outcome.correct = entropy.correct;
    if (goal_ == Goal::tags) outcome.output = y.value();
    if (graph.recording()) set_mean_loss(outcome, entropy, y, batch.targets, tag_weights_);
    return outcome;
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override;

 private:
  class Steps;

  Var hidden(Graph& graph, const Tensor& ids, std::span<const std::int32_t> lengths, Carry& carry,
             RandomStream* dropout) {
    const RecurrentState state = carry.empty() ? recurrence_->zero_state(graph, ids.dim(1))
                                               : recurrence_->from_values(graph, carry);
    Recurrence::Result result = recurrence_->run(input_(graph, ids), state, dropout, lengths);
    carry = Recurrence::values(result.last);
    Var y = result.outputs;
    if (dropout != nullptr && output_dropout_ > 0)
      y = unroll::dropout(y, output_dropout_, *dropout, variational_);
    return y;
  }

  Goal goal_;
  double output_dropout_;
  bool variational_;
  Tensor tag_weights_;
  TokenInput input_;
  std::unique_ptr<Recurrence> recurrence_;
  std::unique_ptr<Readout> readout_;
};

ManyToMany::ManyToMany(const Options& options, const ArchitectureContext& context)
    : goal_(options.predict == "tags" ? Goal::tags : Goal::next_token),
      output_dropout_(options.output_dropout),
      variational_(options.variational),
      input_(context.domain.text.size(), options.embedding, options.tied,
             options.initial.as_scheme(), context.parameters.scope("embedding")) {
  const Fields& fields = context.domain.fields;
  if (!fields.text) fail(Failure::usage, "many_to_many reads texts, and this dataset has none");
  if (goal_ == Goal::tags && !fields.target)
    fail(Failure::usage,
         "many_to_many predicts tags, and this dataset has none: it needs a target for each text");
  if (goal_ == Goal::tags && options.tied)
    fail(Failure::usage, "many_to_many cannot tie tags to the embedding of what it reads");
  if (goal_ == Goal::next_token && options.bidirectional)
    fail(Failure::usage,
         "many_to_many generates from left to right: a bidirectional recurrence would read the "
         "token that it has to predict");
  if (options.weighted()) {
    if (goal_ != Goal::tags)
      fail(Failure::usage,
           "many_to_many weights tags, not next tokens: leave class_weights out, or predict: tags");
    tag_weights_ = balanced_weights(context.domain.target_counts, context.parameters.dtype());
  }
  const init::Scheme scheme = options.initial.as_scheme();
  const Parameters& root = context.parameters;
  recurrence_ = options.make(input_.width(), options.bidirectional, context.factory,
                             root.scope("recurrence"));
  const std::int64_t width = recurrence_->output_width();
  const Vocabulary& predicted = goal_ == Goal::tags ? context.domain.target : context.domain.text;
  readout_ =
      options.tied
          ? std::make_unique<Readout>(width, input_.table(), scheme, root.scope("output"))
          : std::make_unique<Readout>(width, predicted.size(), scheme, root.scope("output"),
                                      goal_ == Goal::tags ? "target vocabulary" : "vocabulary");
}

class ManyToMany::Steps final : public Decoder {
 public:
  Steps(ManyToMany& model, std::int64_t sequences)
      : model_(model), ids_(Tensor::zeros(Shape{1, sequences}, DType::i32)) {}

  void reset() override { carry_.clear(); }

  std::span<const float> next(std::span<const TokenId> tokens) override {
    std::copy(tokens.begin(), tokens.end(), ids_.data<TokenId>());
    graph_.clear();
    logits_ = (*model_.readout_)(model_.hidden(graph_, ids_, {}, carry_, nullptr)).value();
    return logits_.span<float>();
  }

 private:
  ManyToMany& model_;
  Graph graph_{Graph::Mode::infer};
  Tensor ids_;
  Carry carry_;
  Tensor logits_;
};

std::unique_ptr<Decoder> ManyToMany::decoder(std::int64_t sequences) {
  if (goal_ != Goal::next_token) return nullptr;
  if (auto packed = packed_decoder(input_, *recurrence_, *readout_, sequences)) return packed;
  return std::make_unique<Steps>(*this, sequences);
}

}

UNROLL_PLUGIN(architecture, "many_to_many_0_1", "1.1.0", ManyToMany)
