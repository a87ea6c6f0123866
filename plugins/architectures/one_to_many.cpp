// One to many: from a picture, a vector, a class or nothing a text is written (Vinyals et al. 2015,
// arXiv 1411.4555, for pictures).
//
//   v = encoder(features), or a row of a learnt table for each class, or one learnt vector  [N, W]
//   the decoder's first state: tanh(v W + b), every part of every layer
//   s_t = Recurrence(embedding(token_{t-1}), and with `every_step` v)
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class OneToMany final : public Architecture {
 public:
  struct Options : TextDecoderOptions {
    std::string from = "auto";
    PluginChoice encoder{"mlp", {}, {}};
    std::int64_t width = 128;
    bool every_step = true;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("writes a text from features, from a class, or from nothing");
    schema.option("from", &O::from, "auto: features, else label, else nothing, as the data has it")
        .choices({"auto", "features", "label", "nothing"});
    schema.option("encoder", &O::encoder, "what reads the features").kind("encoder");
    schema.option("width", &O::width, "of the vector that a text is written from, W")
        .range(1, 65536);
    schema.option("every_step", &O::every_step, "every step reads that vector too");
    TextDecoderOptions::describe_all(schema);
  }

  OneToMany(const Options& options, const ArchitectureContext& context)
      : options_(options), type_(context.parameters.dtype()) {
    const Fields& fields = context.domain.fields;
    if (!fields.text)
      fail(Failure::usage, "one_to_many writes texts, and this dataset has none to learn from");
    from_ = options.from;
    if (from_ == "auto")
      from_ = !fields.features.empty() ? "features" : fields.label ? "label" : "nothing";
    const Parameters& root = context.parameters;
    if (from_ == "features") {
      if (fields.features.empty() || fields.features.front() < 0)
        fail(Failure::usage, "one_to_many reads features of one size, and this dataset has {}",
             fields.features.empty() ? "none" : "sequences of any length");
      encoder_ = context.factory.make_encoder(options.encoder, {fields.features, options.width},
                                              root.scope("encoder"));
    } else {
      if (from_ == "label" && !fields.label)
        fail(Failure::usage, "one_to_many begins from a label, and this dataset has none");
      classes_ = from_ == "label" ? static_cast<std::int64_t>(context.domain.classes.size()) : 1;
      table_ = &root.scope("start").make("E", {classes_, options.width}, init::normal(0, 1),
                                         {"class, width", {}});
    }
    const std::int64_t vocabulary =
        fields.target ? context.domain.target.size() : context.domain.text.size();
    decoder_ = std::make_unique<TextDecoder>(
        options,
        TextDecoder::Sizes{vocabulary, options.every_step ? options.width : 0, 0,
                           fields.target ? "target vocabulary" : "vocabulary"},
        std::nullopt, context.factory, root.scope("decoder"));
    start_ = std::make_unique<InitialState>(options.width, decoder_->recurrence(),
                                            options.initial.as_scheme(), root.scope("bridge"));
  }

  Task task() const override {
    return {Task::Goal::text, false, from_ == "features", from_ == "label"};
  }

  Outcome run(Graph& graph, const Batch& batch, Carry& /*carry*/, RandomStream* dropout) override {
    return decoder_->run(graph, given(graph, batch, dropout), batch, dropout);
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override {
    return decoder_->decoder(sequences, [this](Graph& graph, const Batch& batch) {
      return given(graph, batch, nullptr);
    });
  }

  Archive save() const override { return encoder_ ? encoder_->save() : Archive(); }
  void restore(const Archive& state) override {
    if (encoder_) encoder_->restore(state);
  }

 private:
  TextDecoder::Given given(Graph& graph, const Batch& batch, RandomStream* dropout) const {
    Var v;
    if (from_ == "features") {
      v = encoder_->encode(graph.constant(batch.features.to(type_)), dropout);
    } else {
      const auto lanes = static_cast<std::int64_t>(batch.examples.size());
      const Tensor ids = from_ == "label" ? batch.labels : Tensor::zeros({lanes}, DType::i32);
      v = matmul(graph.one_hot(ids, classes_, type_), *table_);
    }
    TextDecoder::Given given;
    given.state = (*start_)(v);
    if (options_.every_step) given.context = v;
    return given;
  }

  Options options_;
  DType type_;
  std::string from_;
  std::unique_ptr<Encoder> encoder_;
  std::int64_t classes_ = 0;
  Parameter* table_ = nullptr;
  std::unique_ptr<TextDecoder> decoder_;
  std::unique_ptr<InitialState> start_;
};

}  // namespace

UNROLL_PLUGIN(architecture, "one_to_many", "1.0.0", OneToMany)
