#include <unroll/plugin/boundary.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include <unroll/model/packed_decoder.hpp>
#include <unroll/model/text_pieces.hpp>
#include <unroll/model/text_streams.hpp>

namespace unroll {
namespace {

// What all have in common: the plugin's object, and who to name.
template <typename Interface>
class Guarded : public Interface {
 public:
  Guarded(std::unique_ptr<Interface> inner, Origin origin)
      : inner_(std::move(inner)), origin_(std::move(origin)) {}

 protected:
  /// `asked` is a format string, "in Sampler::choose, logits [{}]", and what goes into it.
  template <typename Function, typename... Args>
  decltype(auto) call(const Function& function, fmt::format_string<const Args&...> asked,
                      const Args&... args) const {
    return guarded(
        origin_, [&] { return fmt::format(asked, args...); }, function);
  }
  /// What the contract asks of what the plugin returned.
  template <typename... Args>
  static void promise(bool kept, fmt::format_string<const Args&...> otherwise,
                      const Args&... args) {
    if (!kept) throw BrokenContract(fmt::format(otherwise, args...));
  }
  std::unique_ptr<Interface> inner_;
  Origin origin_;
};

class GuardedEncoder final : public Guarded<Encoder> {
 public:
  GuardedEncoder(std::unique_ptr<Encoder> inner, Origin origin, std::int64_t width)
      : Guarded(std::move(inner), std::move(origin)), width_(width) {}
  Var encode(Var features, RandomStream* dropout) override {
    return guarded(
        origin_, [&] { return "in Encoder::encode, features " + features.shape().text(); },
        [&] {
          const Var encoded = inner_->encode(features, dropout);
          const Shape wanted{features.dim(0), width_};
          promise(encoded.defined(), "it gave an undefined Var");
          promise(encoded.shape() == wanted, "it gave {}, expected {}", encoded.shape().text(),
                  wanted.text());
          promise(encoded.dtype() == features.dtype(), "it gave {}, expected {}",
                  name_of(encoded.dtype()), name_of(features.dtype()));
          return encoded;
        });
  }
  Archive save() const override {
    return call([&] { return inner_->save(); }, "in Encoder::save");
  }
  void restore(const Archive& state) override {
    call([&] { inner_->restore(state); }, "in Encoder::restore");
  }

 private:
  std::int64_t width_;
};

class GuardedTokenizer : public Guarded<Tokenizer> {
 public:
  using Guarded::Guarded;
  std::vector<std::string> cut(std::string_view text) const override {
    return call([&] { return inner_->cut(text); }, "in Tokenizer::cut, a text of {} bytes",
                text.size());
  }
  std::string join(std::span<const std::string> tokens) const override {
    return call([&] { return inner_->join(tokens); }, "in Tokenizer::join, {} tokens",
                tokens.size());
  }
  bool lossless() const override {
    return call([&] { return inner_->lossless(); }, "in Tokenizer::lossless");
  }
  Vocabulary learn(std::span<const std::string_view> texts, SpecialTokens wanted) const override {
    return call([&] { return inner_->learn(texts, wanted); }, "in Tokenizer::learn, {} texts",
                texts.size());
  }
  std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const override {
    return call(
        [&] {
          std::vector<TokenId> ids = inner_->encode(text, vocabulary);
          for (const TokenId id : ids) {
            promise(id >= 0 && id < vocabulary.size(), "it gave the id {}, expected 0 to {}", id,
                    vocabulary.size() - 1);
          }
          return ids;
        },
        "in Tokenizer::encode, a text of {} bytes, a vocabulary of {}", text.size(),
        vocabulary.size());
  }
};

class GuardedPiecewiseTokenizer final : public GuardedTokenizer, public PiecewiseTokenizer {
 public:
  GuardedPiecewiseTokenizer(std::unique_ptr<Tokenizer> inner, Origin origin,
                            const PiecewiseTokenizer& cutter)
      : GuardedTokenizer(std::move(inner), std::move(origin)), cutter_(cutter) {}
  std::size_t cut_from(std::string_view text, std::size_t at) const override {
    return call(
        [&] {
          const std::size_t place = cutter_.cut_from(text, at);
          promise(place >= at && place <= text.size(), "it gave {}, expected {} to {}", place, at,
                  text.size());
          return place;
        },
        "in PiecewiseTokenizer::cut_from, a text of {} bytes, place {}", text.size(), at);
  }

 private:
  const PiecewiseTokenizer& cutter_;  ///< inner_
};

class GuardedSampler final : public Guarded<Sampler> {
 public:
  using Guarded::Guarded;
  void begin() override {
    call([&] { inner_->begin(); }, "in Sampler::begin");
  }
  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    return call(
        [&] {
          const TokenId chosen = inner_->choose(logits, random);
          promise(chosen >= 0 && std::cmp_less(chosen, logits.size()), "it chose token {} of {}",
                  chosen, logits.size());
          return chosen;
        },
        "in Sampler::choose, logits [{}]", logits.size());
  }
  std::int64_t width() const override {
    return call(
        [&] {
          const std::int64_t width = inner_->width();
          promise(width >= 1, "it keeps {} texts, expected at least 1", width);
          return width;
        },
        "in Sampler::width");
  }
  double worth(double log_probability, std::int64_t tokens) const override {
    return call(
        [&] {
          const double worth = inner_->worth(log_probability, tokens);
          promise(!std::isnan(worth), "it gave NaN for the log-probability {}", log_probability);
          return worth;
        },
        "in Sampler::worth, {} tokens", tokens);
  }
};

class GuardedDataset : public Guarded<Dataset> {
 public:
  using Guarded::Guarded;
  Splits load() override {
    return call(
        [&] {
          Splits splits = inner_->load();
          check(splits.train, "train", splits.fields);
          check(splits.validation, "validation", splits.fields);
          check(splits.test, "test", splits.fields);
          return splits;
        },
        "in Dataset::load");
  }
  std::vector<Example> read_more(const std::string& file, const Fields& known,
                                 bool answered) override {
    return call(
        [&] {
          std::vector<Example> examples = inner_->read_more(file, known, answered);
          check(examples, "the file", known);
          return examples;
        },
        "in Dataset::read_more, {}", file);
  }

 private:
  /// Examples have what `Fields` says; cells of tables become features later.
  static void check(const std::vector<Example>& examples, const char* where, const Fields& fields) {
    const auto& shape = fields.features;
    promise(shape.empty() || std::ranges::find(shape.begin() + 1, shape.end(), -1) == shape.end(),
            "its features have no size beyond the first");
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const Example& example = examples[i];
      const auto given = static_cast<std::int64_t>(example.features.size());
      if (!example.words.empty() || given == 0) continue;
      promise(!shape.empty(), "example {} of {} has {} features, its fields name none", i, where,
              given);
      std::int64_t wanted = 1;
      for (const std::int64_t size : shape) wanted *= size;
      if (shape[0] >= 0) {
        promise(given == wanted, "example {} of {} has {} features, expected {}", i, where, given,
                wanted);
      } else {
        promise(given % -wanted == 0, "example {} of {} has {} features, not a multiple of {}", i,
                where, given, -wanted);
      }
    }
  }
};

class GuardedStreamDataset final : public GuardedDataset, public StreamDataset {
 public:
  GuardedStreamDataset(std::unique_ptr<Dataset> inner, Origin origin, StreamDataset& streams)
      : GuardedDataset(std::move(inner), std::move(origin)), streams_(streams) {}
  std::optional<StreamSplits> open() override {
    return call(
        [&] {
          std::optional<StreamSplits> splits = streams_.open();
          promise(!splits || splits->store != nullptr, "it gave no store");
          promise(!splits || (splits->fields.text && !splits->fields.whole),
                  "its fields are not those of a stream");
          return splits;
        },
        "in StreamDataset::open");
  }

 private:
  StreamDataset& streams_;  ///< inner_
};

class GuardedOptimizer final : public Guarded<Optimizer> {
 public:
  using Guarded::Guarded;
  double learning_rate() const override {
    return call(
        [&] {
          const double rate = inner_->learning_rate();
          promise(std::isfinite(rate) && rate >= 0, "its learning rate is {}", rate);
          return rate;
        },
        "in Optimizer::learning_rate");
  }
  void update(std::span<float> weights, std::span<const float> gradients,
              const UpdateStep& step) override {
    call([&] { inner_->update(weights, gradients, step); },
         "in Optimizer::update, step {} of {} weights", step.number, weights.size());
  }
  Archive save() const override {
    return call([&] { return inner_->save(); }, "in Optimizer::save");
  }
  void restore(const Archive& state) override {
    call([&] { inner_->restore(state); }, "in Optimizer::restore");
  }
};

/// ", inputs [25, 8], targets [25, 8]": what the batch has.
std::string shapes_of(const Batch& batch) {
  std::string text;
  const auto add = [&](const char* name, const Tensor& tensor) {
    if (tensor.defined()) text += fmt::format(", {} {}", name, tensor.shape().text());
  };
  add("inputs", batch.inputs);
  add("targets", batch.targets);
  add("previous", batch.previous);
  add("features", batch.features);
  add("labels", batch.labels);
  add("values", batch.values);
  return text;
}

class GuardedDecoder final : public Guarded<Decoder>, public WeightFormatChoice {
 public:
  using Guarded::Guarded;
  bool use_format(WeightFormat format) override {
    auto* const choice = dynamic_cast<WeightFormatChoice*>(inner_.get());
    return choice != nullptr &&
           call([&] { return choice->use_format(format); }, "in Decoder::use_format");
  }
  void reset() override {
    call([&] { inner_->reset(); }, "in Decoder::reset");
  }
  void begin(const Batch& given) override {
    guarded(
        origin_, [&] { return "in Decoder::begin" + shapes_of(given); },
        [&] { inner_->begin(given); });
  }
  void reorder(std::span<const std::int32_t> from) override {
    call([&] { inner_->reorder(from); }, "in Decoder::reorder, {} sequences", from.size());
  }
  std::span<const float> next(std::span<const TokenId> tokens) override {
    return call(
        [&] {
          const std::span<const float> logits = inner_->next(tokens);
          promise(tokens.empty() || (!logits.empty() && logits.size() % tokens.size() == 0),
                  "it gave {} logits for {} sequences, expected as many for each", logits.size(),
                  tokens.size());
          return logits;
        },
        "in Decoder::next, tokens [{}]", tokens.size());
  }
};

class GuardedArchitecture final : public Guarded<Architecture> {
 public:
  using Guarded::Guarded;
  Task task() const override {
    return call([&] { return inner_->task(); }, "in Architecture::task");
  }
  Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) override {
    return guarded(
        origin_, [&] { return "in Architecture::run" + shapes_of(batch); },
        [&] {
          Outcome outcome = inner_->run(graph, batch, carry, dropout);
          promise(
              outcome.counted >= 0 && outcome.correct >= 0 && outcome.correct <= outcome.counted,
              "it counted {} of {} targets as correct", outcome.correct, outcome.counted);
          if (!graph.recording()) return outcome;
          promise(outcome.loss.defined(), "its loss is an undefined Var");
          promise(outcome.loss.graph() == &graph, "its loss is not on the graph it was given");
          promise(outcome.loss.shape().size() == 1, "its loss is {}, expected a single number",
                  outcome.loss.shape().text());
          return outcome;
        });
  }
  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override {
    auto decoder = call([&] { return inner_->decoder(sequences); },
                        "in Architecture::decoder, {} sequences", sequences);
    if (!decoder) return nullptr;
    return std::make_unique<GuardedDecoder>(std::move(decoder), origin_);
  }
  bool counts() const override {
    return call([&] { return inner_->counts(); }, "in Architecture::counts");
  }
  void count(const Batch& batch) override {
    guarded(
        origin_, [&] { return "in Architecture::count" + shapes_of(batch); },
        [&] { inner_->count(batch); });
  }
  Archive save() const override {
    return call([&] { return inner_->save(); }, "in Architecture::save");
  }
  void restore(const Archive& state) override {
    call([&] { inner_->restore(state); }, "in Architecture::restore");
  }
};

}  // namespace

std::unique_ptr<Cell> behind_boundary(std::unique_ptr<Cell> inner, Origin origin) {
  inner->comes_from(std::move(origin));
  return inner;
}

std::unique_ptr<Encoder> behind_boundary(std::unique_ptr<Encoder> inner, Origin origin,
                                         const EncoderSizes& sizes) {
  return std::make_unique<GuardedEncoder>(std::move(inner), std::move(origin), sizes.output);
}

std::unique_ptr<Tokenizer> behind_boundary(std::unique_ptr<Tokenizer> inner, Origin origin) {
  if (const auto* cutter = dynamic_cast<const PiecewiseTokenizer*>(inner.get()))
    return std::make_unique<GuardedPiecewiseTokenizer>(std::move(inner), std::move(origin),
                                                       *cutter);
  return std::make_unique<GuardedTokenizer>(std::move(inner), std::move(origin));
}

std::unique_ptr<Sampler> behind_boundary(std::unique_ptr<Sampler> inner, Origin origin) {
  return std::make_unique<GuardedSampler>(std::move(inner), std::move(origin));
}

std::unique_ptr<Dataset> behind_boundary(std::unique_ptr<Dataset> inner, Origin origin) {
  if (auto* streams = dynamic_cast<StreamDataset*>(inner.get()))
    return std::make_unique<GuardedStreamDataset>(std::move(inner), std::move(origin), *streams);
  return std::make_unique<GuardedDataset>(std::move(inner), std::move(origin));
}

std::unique_ptr<Optimizer> behind_boundary(std::unique_ptr<Optimizer> inner, Origin origin) {
  return std::make_unique<GuardedOptimizer>(std::move(inner), std::move(origin));
}

std::unique_ptr<Architecture> behind_boundary(std::unique_ptr<Architecture> inner, Origin origin) {
  return std::make_unique<GuardedArchitecture>(std::move(inner), std::move(origin));
}

}  // namespace unroll
