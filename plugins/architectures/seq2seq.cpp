// Sequence to sequence: a text is read to its end, then its answer is written (Sutskever et al.
// 2014, arXiv 1409.3215; Cho et al. 2014, arXiv 1406.1078).
//
//   memory m = Recurrence(embedding(text))               [S, N, M], M = 2H when bidirectional
//   the decoder's first state: the encoder's last, or, when bidirectional, tanh(W [its two ends])
//   s_t = Recurrence(embedding(token_{t-1}), and with `summary: every_step` the encoder's last
//         output, and with attention what is seen of the memory)
//
// Attention (Bahdanau et al. 2015, arXiv 1409.0473; Luong et al. 2015, arXiv 1508.04025) looks at
// the memory before or after each step; see framework/model/attention.hpp for the scores.
#include <unroll/plugin.hpp>

#include <array>

namespace {

using namespace unroll;

class Seq2Seq final : public Architecture {
 public:
  struct Options : TextDecoderOptions {
    bool bidirectional = false;
    std::string summary = "start";
    std::string attention = "none";
    std::int64_t attention_units = 0;
    std::string attend = "before";
    bool input_feeding = false;
    bool reverse_input = false;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("reads a text, then writes its answer: translation, pronunciation");
    TextDecoderOptions::describe_all(schema);
    schema.option("bidirectional", &O::bidirectional, "the encoder reads both ways");
    schema
        .option("summary", &O::summary,
                "the encoder's end sets the decoder's start; or is read at every step too")
        .choices({"start", "every_step"});
    schema.option("attention", &O::attention, "how positions of the text are scored")
        .choices({"none", "dot", "general", "additive"});
    schema.option("attention_units", &O::attention_units, "of additive scores; 0: as the query")
        .range(0, 65536);
    schema
        .option("attend", &O::attend,
                "before: by the last state, and what is seen is read (Bahdanau); after: by the new "
                "state, for the output (Luong)")
        .choices({"before", "after"});
    schema.option("input_feeding", &O::input_feeding, "after: the next step reads what was seen");
    schema.option("reverse_input", &O::reverse_input,
                  "read the text from its end (Sutskever 2014)");
  }

  Seq2Seq(const Options& options, const ArchitectureContext& context)
      : options_(options),
        source_(required(context.domain).text.size(), options.embedding, false,
                options.initial.as_scheme(), context.parameters.scope("encoder/embedding")) {
    const Parameters& root = context.parameters;
    encoder_ = options.make(source_.width(), options.bidirectional, context.factory,
                            root.scope("encoder/recurrence"));
    const std::int64_t memory = encoder_->output_width();
    const bool attends = options.attention != "none";
    std::optional<AttentionUse> use;
    if (attends)
      use = AttentionUse{{options.attention, options.attention_units},
                         options.attend == "before",
                         options.input_feeding};
    const std::int64_t every_step = options.summary == "every_step" ? memory : 0;
    decoder_ = std::make_unique<TextDecoder>(
        options,
        TextDecoder::Sizes{context.domain.target.size(), every_step, memory, "target vocabulary"},
        use, context.factory, root.scope("decoder"));
    if (options.bidirectional)
      bridge_ = std::make_unique<InitialState>(memory, decoder_->recurrence(),
                                               options.initial.as_scheme(), root.scope("bridge"));
  }

  Task task() const override { return {Task::Goal::text, true, false, false}; }

  Outcome run(Graph& graph, const Batch& batch, Carry& /*carry*/, RandomStream* dropout) override {
    return decoder_->run(graph, encode(graph, batch, dropout), batch, dropout);
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override {
    return decoder_->decoder(sequences, [this](Graph& graph, const Batch& batch) {
      return encode(graph, batch, nullptr);
    });
  }

 private:
  static const Domain& required(const Domain& domain) {
    if (!domain.fields.text || !domain.fields.target)
      fail(
          Failure::usage,
          "seq2seq reads texts and writes their answers; this dataset has no {}, see parallel_text",
          domain.fields.text ? "target" : "text");
    return domain;
  }

  TextDecoder::Given encode(Graph& graph, const Batch& batch, RandomStream* dropout) const {
    Var x = source_(graph, options_.reverse_input ? reversed(batch) : batch.inputs);
    if (dropout != nullptr && options_.input_dropout > 0)
      x = unroll::dropout(x, options_.input_dropout, *dropout);
    Recurrence::Result read =
        encoder_->run(x, encoder_->zero_state(graph, x.dim(1)), dropout, batch.lengths);
    TextDecoder::Given given;
    if (options_.bidirectional) {
      const std::size_t top = read.last.size() - 2;
      const std::array<Var, 2> ends = {read.last[top].front(), read.last[top + 1].front()};
      const Var summary = concatenate(ends);
      given.state = (*bridge_)(summary);
      if (options_.summary == "every_step") given.context = summary;
    } else {
      given.state = read.last;
      if (options_.summary == "every_step") given.context = read.last.back().front();
    }
    if (options_.attention != "none")
      given.memory = decoder_->remember(read.outputs, batch.lengths);
    return given;
  }

  /// Each lane's own tokens from the last to the first; padding stays behind them.
  static Tensor reversed(const Batch& batch) {
    const std::int64_t steps = batch.inputs.dim(0), lanes = batch.inputs.dim(1);
    Tensor ids = batch.inputs.clone();
    for (std::int64_t n = 0; n < lanes; ++n) {
      const std::int64_t length =
          batch.lengths.empty() ? steps : batch.lengths[static_cast<std::size_t>(n)];
      for (std::int64_t t = 0; t < length; ++t)
        ids.data<TokenId>()[t * lanes + n] =
            batch.inputs.data<TokenId>()[(length - 1 - t) * lanes + n];
    }
    return ids;
  }

  Options options_;
  TokenInput source_;
  std::unique_ptr<Recurrence> encoder_;
  std::unique_ptr<TextDecoder> decoder_;
  std::unique_ptr<InitialState> bridge_;  ///< null where states are handed on as they are
};

}  // namespace

UNROLL_PLUGIN(architecture, "seq2seq", "1.0.0", Seq2Seq)
