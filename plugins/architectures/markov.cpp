// Markov: an interpolated n-gram model, the reference that a recurrent network has to beat. Counts
// and formulas are NgramModel's; nothing is learnt by gradients.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace unroll;

/// The last tokens of one sequence; padding is not taken in.
class History {
 public:
  explicit History(std::size_t length) : ids_(length) {}
  void clear() { known_ = 0; }
  void push(TokenId id) {
    if (id < 0 || ids_.empty()) return;
    std::rotate(ids_.begin(), ids_.begin() + 1, ids_.end());
    ids_.back() = id;
    known_ = std::min(known_ + 1, ids_.size());
  }
  /// As many as are known, newest last.
  std::span<const TokenId> tokens() const { return std::span(ids_).last(known_); }
  /// From and to [order] ids, where -1 is a token that is not there yet.
  void load(const TokenId* from) {
    clear();
    for (std::size_t i = 0; i < ids_.size(); ++i) push(from[i]);
  }
  void store(TokenId* to) const {
    for (std::size_t i = 0; i < ids_.size(); ++i) to[i] = i + known_ < ids_.size() ? -1 : ids_[i];
  }

 private:
  std::vector<TokenId> ids_;
  std::size_t known_ = 0;
};

class Steps final : public Decoder {
 public:
  Steps(const NgramModel& model, std::int64_t sequences)
      : model_(model), histories_(static_cast<std::size_t>(sequences), History(model.order())) {}
  void reset() override {
    for (History& history : histories_) history.clear();
  }
  std::span<const float> next(std::span<const TokenId> tokens) override {
    logits_.clear();
    for (std::size_t n = 0; n < histories_.size(); ++n) {
      histories_[n].push(tokens[n]);
      model_.distribution(histories_[n].tokens(), p_);
      for (const double value : p_) logits_.push_back(static_cast<float>(std::log(value)));
    }
    return logits_;
  }

 private:
  const NgramModel& model_;
  std::vector<History> histories_;
  std::vector<double> p_;
  std::vector<float> logits_;
};

class Markov final : public Architecture {
 public:
  struct Options {
    int order = 4;
    std::string smoothing = "witten_bell";
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("interpolated n-gram model, the reference to beat");
    schema.option("order", &Options::order, "tokens of context").range(0, 20);
    schema
        .option("smoothing", &Options::smoothing,
                "what unseen tokens get; kneser_ney (modified, Chen and Goodman 1999) is the "
                "better for words")
        .choices({"witten_bell", "kneser_ney"});
  }

  Markov(const Options& options, const ArchitectureContext& context)
      : model_(static_cast<std::size_t>(options.order), context.domain.text.size(),
               options.smoothing == "kneser_ney" ? NgramSmoothing::kneser_ney
                                                 : NgramSmoothing::witten_bell) {
    if (!context.domain.fields.text)
      fail(Failure::usage, "markov counts the tokens of texts, and this dataset has none");
  }

  bool counts() const override { return true; }

  /// Each batch is whole texts from their beginnings, one a column.
  void count(const Batch& batch) override {
    const std::int64_t steps = batch.inputs.dim(0), lanes = batch.inputs.dim(1);
    const TokenId* inputs = batch.inputs.data<TokenId>();
    const TokenId* targets = batch.targets.data<TokenId>();
    History history(model_.order());
    for (std::int64_t n = 0; n < lanes; ++n) {
      history.clear();
      for (std::int64_t t = 0; t < steps; ++t) {
        const TokenId input = inputs[t * lanes + n], target = targets[t * lanes + n];
        if (t == 0 && input >= 0) model_.count({}, input);
        history.push(input);
        if (target >= 0) model_.count(history.tokens(), target);
      }
    }
  }

  Outcome run(Graph&, const Batch& batch, Carry& carry, RandomStream*) override {
    const std::int64_t steps = batch.inputs.dim(0), lanes = batch.inputs.dim(1);
    const auto width = static_cast<std::int64_t>(std::max<std::size_t>(model_.order(), 1));
    if (carry.empty()) carry = {Tensor::full(Shape{lanes, width}, -1, DType::i32)};
    Outcome outcome;
    History history(model_.order());
    std::vector<double> p;
    for (std::int64_t n = 0; n < lanes; ++n) {
      TokenId* kept = carry[0].data<TokenId>() + n * width;
      history.load(kept);
      for (std::int64_t t = 0; t < steps; ++t) {
        history.push(batch.inputs.data<TokenId>()[t * lanes + n]);
        const TokenId target = batch.targets.data<TokenId>()[t * lanes + n];
        if (target < 0) continue;
        model_.distribution(history.tokens(), p);
        outcome.total -= std::log(p[static_cast<std::size_t>(target)]);
        outcome.counted += 1;
        outcome.correct += std::max_element(p.begin(), p.end()) - p.begin() == target ? 1 : 0;
      }
      history.store(kept);
    }
    return outcome;
  }

  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override {
    return std::make_unique<Steps>(model_, sequences);
  }
  Archive save() const override { return model_.save(); }
  void restore(const Archive& state) override { model_.restore(state); }

 private:
  NgramModel model_;
};

}  // namespace

UNROLL_PLUGIN(architecture, "markov", "1.1.0", Markov)
