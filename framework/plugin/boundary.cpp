#include <unroll/plugin/boundary.hpp>

namespace unroll {
namespace {

// What all have in common: the plugin's object, and who to name.
template <typename Interface>
class Guarded : public Interface {
 public:
  Guarded(std::unique_ptr<Interface> inner, PluginInfo plugin)
      : inner_(std::move(inner)), plugin_(std::move(plugin)) {}

 protected:
  template <typename Function>
  decltype(auto) call(const char* doing, Function function) const {
    return guarded(plugin_, doing, function);
  }
  std::unique_ptr<Interface> inner_;
  PluginInfo plugin_;
};

class GuardedTokenizer final : public Guarded<Tokenizer> {
 public:
  using Guarded::Guarded;
  std::vector<std::string> cut(std::string_view text) const override {
    return call("cutting a text", [&] { return inner_->cut(text); });
  }
  std::string join(std::span<const std::string> tokens) const override {
    return call("joining tokens", [&] { return inner_->join(tokens); });
  }
  bool lossless() const override {
    return call("describing itself", [&] { return inner_->lossless(); });
  }
  Vocabulary learn(std::span<const std::string_view> texts, SpecialTokens wanted) const override {
    return call("learning a vocabulary", [&] { return inner_->learn(texts, wanted); });
  }
  std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const override {
    return call("encoding a text", [&] { return inner_->encode(text, vocabulary); });
  }
};

class GuardedSampler final : public Guarded<Sampler> {
 public:
  using Guarded::Guarded;
  void begin() override {
    call("beginning a text", [&] { inner_->begin(); });
  }
  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    return call("choosing a token", [&] { return inner_->choose(logits, random); });
  }
  std::int64_t width() const override {
    return call("describing itself", [&] { return inner_->width(); });
  }
  double worth(double log_probability, std::int64_t tokens) const override {
    return call("judging a text", [&] { return inner_->worth(log_probability, tokens); });
  }
};

class GuardedDataset final : public Guarded<Dataset> {
 public:
  using Guarded::Guarded;
  Splits load() override {
    return call("loading", [&] { return inner_->load(); });
  }
};

class GuardedOptimizer final : public Guarded<Optimizer> {
 public:
  using Guarded::Guarded;
  double learning_rate() const override {
    return call("telling its learning rate", [&] { return inner_->learning_rate(); });
  }
  void update(std::span<float> weights, std::span<const float> gradients,
              const UpdateStep& step) override {
    call("updating weights", [&] { inner_->update(weights, gradients, step); });
  }
  Archive save() const override {
    return call("saving its state", [&] { return inner_->save(); });
  }
  void restore(const Archive& state) override {
    call("restoring its state", [&] { inner_->restore(state); });
  }
};

class GuardedDecoder final : public Guarded<Decoder> {
 public:
  using Guarded::Guarded;
  void reset() override {
    call("beginning a text", [&] { inner_->reset(); });
  }
  void begin(const Batch& given) override {
    call("beginning a text", [&] { inner_->begin(given); });
  }
  void reorder(std::span<const std::int32_t> from) override {
    call("reordering its sequences", [&] { inner_->reorder(from); });
  }
  std::span<const float> next(std::span<const TokenId> tokens) override {
    return call("generating", [&] { return inner_->next(tokens); });
  }
};

class GuardedArchitecture final : public Guarded<Architecture> {
 public:
  using Guarded::Guarded;
  Task task() const override {
    return call("describing itself", [&] { return inner_->task(); });
  }
  Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) override {
    return call("running a batch", [&] { return inner_->run(graph, batch, carry, dropout); });
  }
  std::unique_ptr<Decoder> decoder(std::int64_t sequences) override {
    auto decoder = call("making a decoder", [&] { return inner_->decoder(sequences); });
    if (!decoder) return nullptr;
    return std::make_unique<GuardedDecoder>(std::move(decoder), plugin_);
  }
  bool counts() const override {
    return call("describing itself", [&] { return inner_->counts(); });
  }
  void count(const Batch& batch) override {
    call("counting a batch", [&] { inner_->count(batch); });
  }
  Archive save() const override {
    return call("saving its state", [&] { return inner_->save(); });
  }
  void restore(const Archive& state) override {
    call("restoring its state", [&] { inner_->restore(state); });
  }
};

}  // namespace

std::unique_ptr<Tokenizer> behind_boundary(std::unique_ptr<Tokenizer> inner, PluginInfo plugin) {
  return std::make_unique<GuardedTokenizer>(std::move(inner), std::move(plugin));
}

std::unique_ptr<Sampler> behind_boundary(std::unique_ptr<Sampler> inner, PluginInfo plugin) {
  return std::make_unique<GuardedSampler>(std::move(inner), std::move(plugin));
}

std::unique_ptr<Dataset> behind_boundary(std::unique_ptr<Dataset> inner, PluginInfo plugin) {
  return std::make_unique<GuardedDataset>(std::move(inner), std::move(plugin));
}

std::unique_ptr<Optimizer> behind_boundary(std::unique_ptr<Optimizer> inner, PluginInfo plugin) {
  return std::make_unique<GuardedOptimizer>(std::move(inner), std::move(plugin));
}

std::unique_ptr<Architecture> behind_boundary(std::unique_ptr<Architecture> inner,
                                              PluginInfo plugin) {
  return std::make_unique<GuardedArchitecture>(std::move(inner), std::move(plugin));
}

}  // namespace unroll
