#include "bench_writing.hpp"

#include <algorithm>
#include <chrono>

#include <unroll/plugin/registry.hpp>
#include <unroll/tensor/product_count.hpp>
#include <unroll/training/generation.hpp>
#include <unroll/training/writing.hpp>

#include "interrupt.hpp"

namespace unroll::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kPiece = 100, kTokens = 5000, kWarmUpTokens = 50;
constexpr std::int64_t kTexts = 64;
constexpr std::size_t kLeastPieces = 5;
constexpr double kSeconds = 3;

/// Passes on, and counts the tokens that were chosen.
class Counting final : public Sampler {
 public:
  Counting(std::unique_ptr<Sampler> sampler, std::int64_t& chosen)
      : sampler_(std::move(sampler)), chosen_(chosen) {}
  void begin() override { sampler_->begin(); }
  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    ++chosen_;
    return sampler_->choose(logits, random);
  }

 private:
  std::unique_ptr<Sampler> sampler_;
  std::int64_t& chosen_;
};

/// Times pieces of writing. `write` writes one and says how many tokens it was.
template <typename Write>
WritingSpeed measure(const Write& write) {
  WritingSpeed found;
  std::vector<double> pieces;
  double seconds = 0;
  const std::int64_t before = product_operations();
  while ((pieces.size() < kLeastPieces || seconds < kSeconds) && found.tokens < kTokens &&
         *stop_flag() == 0) {
    const auto start = Clock::now();
    const std::int64_t tokens = write();
    const double taken = std::chrono::duration<double>(Clock::now() - start).count();
    seconds += taken;
    found.tokens += tokens;
    pieces.push_back(1e6 * taken / static_cast<double>(std::max<std::int64_t>(tokens, 1)));
  }
  const auto tokens = static_cast<double>(std::max<std::int64_t>(found.tokens, 1));
  if (!pieces.empty()) found.us_per_token = spread_of(std::move(pieces));
  found.flop_per_token = static_cast<double>(product_operations() - before) / tokens;
  return found;
}

WritingSpeed of_a_text(const Model& model, Sampler& sampler, std::uint64_t seed) {
  RandomStream random(seed, "bench");
  Generator generator(model);
  generator.write(kWarmUpTokens, sampler, random);
  return measure([&] {
    const std::int64_t tokens = generator.write(kPiece, sampler, random).tokens;
    if (tokens < kPiece) generator.reset();  // the model has ended its text
    return tokens;
  });
}

WritingSpeed of_texts(const Trainer& trainer, const Model& model, const Registry& registry,
                      const PluginChoice& choice) {
  Splits splits = registry.make_dataset(trainer.options().data)->load();
  std::vector<Example>& examples = splits.validation.empty() ? splits.train : splits.validation;
  examples.resize(std::min<std::size_t>(examples.size(), kTexts));
  const Encoded given = encode(std::move(examples), *model.domain, model.tokenizers());
  std::int64_t chosen = 0, text = 0;
  const MakeSampler make = [&] {
    return std::make_unique<Counting>(registry.make_sampler(choice), chosen);
  };
  WritingOptions writing;
  writing.length = trainer.options().generate.length;
  writing.batch = 1;
  const auto write = [&] {
    const std::int64_t which[] = {text++ % given.size()}, before = chosen;
    write_texts(model, given, which, make, writing, stop_flag());
    return chosen - before;
  };
  write();
  return measure(write);
}

}  // namespace

std::optional<WritingSpeed> measure_writing(Trainer& trainer, const Registry& registry,
                                            const PluginChoice& choice) {
  const Model& model = trainer.model();
  const Task::Goal goal = trainer.plan().task.goal;
  if (!writes_text(goal) || !model.architecture->decoder(1)) return std::nullopt;
  PluginChoice used = choice;
  std::unique_ptr<Sampler> sampler = registry.make_sampler(used);
  if (sampler->width() > 1) {
    used = {"greedy", {}, {}};
    sampler = registry.make_sampler(used);
  }
  WritingSpeed found = goal == Task::Goal::next_token
                           ? of_a_text(model, *sampler, trainer.options().seed)
                           : of_texts(trainer, model, registry, used);
  found.sampler = label("sampler", used, registry);
  return found;
}

}  // namespace unroll::cli
