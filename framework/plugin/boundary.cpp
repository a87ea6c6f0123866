#include <unroll/plugin/boundary.hpp>

#include <numeric>
#include <utility>

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
  std::unique_ptr<Interface> inner_;
  Origin origin_;
};

class GuardedEncoder final : public Guarded<Encoder> {
 public:
  using Guarded::Guarded;
  Var encode(Var features, RandomStream* dropout) override {
    return guarded(
        origin_, [&] { return "in Encoder::encode, features " + features.shape().text(); },
        [&] { return inner_->encode(features, dropout); });
  }
  Archive save() const override {
    return call([&] { return inner_->save(); }, "in Encoder::save");
  }
  void restore(const Archive& state) override {
    call([&] { inner_->restore(state); }, "in Encoder::restore");
  }
};

class GuardedTokenizer final : public Guarded<Tokenizer> {
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
    return call([&] { return inner_->encode(text, vocabulary); },
                "in Tokenizer::encode, a text of {} bytes, a vocabulary of {}", text.size(),
                vocabulary.size());
  }
};

class GuardedSampler final : public Guarded<Sampler> {
 public:
  using Guarded::Guarded;
  void begin() override {
    call([&] { inner_->begin(); }, "in Sampler::begin");
  }
  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    return call([&] { return inner_->choose(logits, random); }, "in Sampler::choose, logits [{}]",
                logits.size());
  }
  std::int64_t width() const override {
    return call([&] { return inner_->width(); }, "in Sampler::width");
  }
  double worth(double log_probability, std::int64_t tokens) const override {
    return call([&] { return inner_->worth(log_probability, tokens); },
                "in Sampler::worth, {} tokens", tokens);
  }
};

class GuardedDataset final : public Guarded<Dataset> {
 public:
  using Guarded::Guarded;
  Splits load() override {
    return call([&] { return inner_->load(); }, "in Dataset::load");
  }
  std::vector<Example> read_more(const std::string& file, const Fields& known,
                                 bool answered) override {
    return call([&] { return inner_->read_more(file, known, answered); },
                "in Dataset::read_more, {}", file);
  }
};

class GuardedOptimizer final : public Guarded<Optimizer> {
 public:
  using Guarded::Guarded;
  double learning_rate() const override {
    return call([&] { return inner_->learning_rate(); }, "in Optimizer::learning_rate");
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

class GuardedDecoder final : public Guarded<Decoder> {
 public:
  using Guarded::Guarded;
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
    return call([&] { return inner_->next(tokens); }, "in Decoder::next, tokens [{}]",
                tokens.size());
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
        [&] { return inner_->run(graph, batch, carry, dropout); });
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

std::unique_ptr<Encoder> behind_boundary(std::unique_ptr<Encoder> inner, Origin origin) {
  return std::make_unique<GuardedEncoder>(std::move(inner), std::move(origin));
}

std::unique_ptr<Tokenizer> behind_boundary(std::unique_ptr<Tokenizer> inner, Origin origin) {
  return std::make_unique<GuardedTokenizer>(std::move(inner), std::move(origin));
}

std::unique_ptr<Sampler> behind_boundary(std::unique_ptr<Sampler> inner, Origin origin) {
  return std::make_unique<GuardedSampler>(std::move(inner), std::move(origin));
}

std::unique_ptr<Dataset> behind_boundary(std::unique_ptr<Dataset> inner, Origin origin) {
  return std::make_unique<GuardedDataset>(std::move(inner), std::move(origin));
}

std::unique_ptr<Optimizer> behind_boundary(std::unique_ptr<Optimizer> inner, Origin origin) {
  return std::make_unique<GuardedOptimizer>(std::move(inner), std::move(origin));
}

std::unique_ptr<Architecture> behind_boundary(std::unique_ptr<Architecture> inner, Origin origin) {
  return std::make_unique<GuardedArchitecture>(std::move(inner), std::move(origin));
}

}  // namespace unroll
