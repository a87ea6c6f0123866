// Micro-benchmarks of reading texts: checking them, learning vocabularies, encoding, and looking
// into the cache. Texts are made of words of several scripts; UNROLL_BENCH_TEXT names another one.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <unroll/core/processors.hpp>
#include <unroll/core/random.hpp>
#include <unroll/core/text.hpp>
#include <unroll/model/text_file.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/training/stream_encoder.hpp>

namespace unroll {
namespace {

/// Eight megabytes: words whose ranks are distributed as in prose, with marks and line breaks.
std::string made_text() {
  RandomStream random(1, "bench");
  const std::vector<std::string> syllables = {"an", "the", "ing", "o", "re", "st", "al", "ми",
                                              "по", "é",   "क्ष",  "दे", "ou", "ny", "er", "ti"};
  std::vector<std::string> words;
  for (int i = 0; i < 20000; ++i) {
    std::string word;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n)
      word += syllables[random.below(syllables.size())];
    words.push_back(word);
  }
  std::string text;
  while (text.size() < std::size_t{8} << 20) {
    const double share = random.uniform();
    text += words[static_cast<std::size_t>(share * share * share * 19999)];
    const std::uint64_t mark = random.below(20);
    text += mark == 0 ? ", " : mark == 1 ? ".\n" : " ";
  }
  return text;
}

const std::string& text() {
  static const std::string all = [] {
    const char* file = std::getenv("UNROLL_BENCH_TEXT");
    return file == nullptr ? made_text() : read_text(file);
  }();
  return all;
}

std::unique_ptr<Tokenizer> make(const std::string& name) {
  static const Registry registry;
  Engine::get().set_threads(processors());
  return registry.make_tokenizer({name, Node::map({}), {}});
}

void count(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * std::ssize(text()));
}

void check(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(first_invalid_utf8(text()));
  count(state);
}
BENCHMARK(check)->UseRealTime();

void learn(benchmark::State& state, const char* name) {
  const auto tokenizer = make(name);
  const std::string_view view = text();
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->learn({&view, 1}, {}));
  count(state);
}
BENCHMARK_CAPTURE(learn, char, "char")->UseRealTime();
BENCHMARK_CAPTURE(learn, word, "word")->UseRealTime();
BENCHMARK_CAPTURE(learn, bpe, "bpe")->UseRealTime();

void encode(benchmark::State& state, const char* name) {
  const auto tokenizer = make(name);
  TextStore store;
  const std::vector<std::string_view> texts = {store.keep(text())};
  const TextCache none({{}, 0});
  const StreamEncoder encoder(*tokenizer, "", store, none);
  const Vocabulary vocabulary = encoder.learn(texts, {});
  for (auto _ : state) benchmark::DoNotOptimize(encoder.encode(texts, vocabulary));
  count(state);
}
BENCHMARK_CAPTURE(encode, char, "char")->UseRealTime();
BENCHMARK_CAPTURE(encode, byte, "byte")->UseRealTime();
BENCHMARK_CAPTURE(encode, word, "word")->UseRealTime();
BENCHMARK_CAPTURE(encode, bpe, "bpe")->UseRealTime();

void find_in_cache(benchmark::State& state) {
  const auto tokenizer = make("word");
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / "unroll-bench-encoded";
  TextStore store;
  const std::vector<std::string_view> texts = {store.keep(text())};
  const TextCache cache({folder, 0});
  for (auto _ : state) {
    const StreamEncoder encoder(*tokenizer, "bench", store, cache);
    benchmark::DoNotOptimize(encoder.encode(texts, encoder.learn(texts, {})));
  }
  std::filesystem::remove_all(folder);
  count(state);
}
BENCHMARK(find_in_cache)->UseRealTime();

}  // namespace
}  // namespace unroll
