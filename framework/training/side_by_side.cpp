#include <unroll/training/side_by_side.hpp>

#include <algorithm>
#include <chrono>

namespace unroll {

std::vector<Generated> generate_side_by_side(const Model& model, std::string_view prompt,
                                             std::int64_t length, std::vector<TextChoice> texts,
                                             WeightFormat format, const StopFlag* stop) {
  const auto start = std::chrono::steady_clock::now();
  const std::size_t count = texts.size();
  std::vector<Generated> written(count);
  if (count == 0) return written;
  const auto decoder = continuing_decoder(model, static_cast<std::int64_t>(count), format);

  const Vocabulary& vocabulary = model.vocabulary();
  TokenChoice choose(vocabulary);
  std::vector<TokenId> last(count);
  std::span<const float> logits;
  const auto feed_all = [&](TokenId token) {
    std::ranges::fill(last, token);
    logits = decoder->next(last);
  };
  const std::vector<TokenId> read = model.tokenizer().encode(prompt, vocabulary);
  if (vocabulary.special().begin)
    feed_all(*vocabulary.special().begin);
  else if (read.empty())
    feed_all(choose.first());
  for (const TokenId token : read) feed_all(token);

  std::vector<std::vector<TokenId>> tokens(count);
  std::vector<bool> ended(count, false);
  for (TextChoice& text : texts) text.sampler->begin();
  for (std::int64_t step = 0; step < length && !stopped(stop); ++step) {
    const std::size_t width = logits.size() / count;
    bool going = false;
    for (std::size_t n = 0; n < count; ++n) {
      if (ended[n]) continue;
      last[n] = choose(logits.subspan(n * width, width), *texts[n].sampler, texts[n].random);
      written[n].nats += choose.surprise(last[n]);
      ended[n] = last[n] == vocabulary.special().end;
      if (ended[n]) continue;
      tokens[n].push_back(last[n]);
      going = true;
    }
    if (!going) break;
    if (step + 1 < length) logits = decoder->next(last);
  }

  ContinuedText before(model.tokenizer(), vocabulary);
  before.read(prompt, read);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  for (std::size_t n = 0; n < count; ++n) {
    written[n].text = ContinuedText(before).write(tokens[n]);
    written[n].tokens = std::ssize(tokens[n]);
    written[n].seconds = taken.count() / static_cast<double>(count);
    if (const auto& unknown = vocabulary.special().unknown)
      written[n].unknown = std::count(read.begin(), read.end(), *unknown);
  }
  return written;
}

}  // namespace unroll
