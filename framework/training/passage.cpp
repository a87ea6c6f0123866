#include <unroll/training/passage.hpp>

#include <algorithm>
#include <string_view>

#include <unroll/core/text.hpp>

namespace unroll {
namespace {

using std::size_t;

/// No more than so many bytes, whole characters of them.
std::string_view first_bytes(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

/// The first `count` tokens of a text as it spells them, those that the vocabulary lacks included;
/// none where the text is not there.
std::vector<std::string> spelling_of(const Model& model, const Encoded& split, size_t text,
                                     size_t count) {
  if (model.writes_target() || text >= split.examples.size()) return {};
  const std::string_view whole = split.text_of(text);
  // Of a long text only the beginning is cut; its last token may be a part of one.
  for (size_t length = 32 * (count + 1);; length *= 2) {
    const std::string_view beginning = first_bytes(whole, length);
    std::vector<std::string> tokens = model.tokenizer().cut(beginning);
    if (tokens.size() <= count && beginning.size() < whole.size()) continue;
    if (tokens.size() < count) return {};
    tokens.resize(count);
    return tokens;
  }
}

}  // namespace

bool is_stream(const Model& model) {
  return !model.domain->fields.whole;
}

std::vector<Passage> passages_of(const Model& model, const Encoded& split, std::int64_t tokens) {
  std::vector<Passage> passages;
  if (is_stream(model)) {
    for (size_t i = 0; i < split.text.count() && tokens > 0; ++i) {
      const TokenSpan text = split.text.text(i);
      if (text.size() < 2) continue;
      const auto count = std::min(tokens, text.size() - 1);
      Passage passage{{}, text.part(1, count).ids(), text[0], true, {}};
      passage.spelt = spelling_of(model, split, i, static_cast<size_t>(count) + 1);
      if (!passage.spelt.empty()) passage.spelt.erase(passage.spelt.begin());
      passages.push_back(std::move(passage));
      tokens -= count;
    }
    return passages;
  }
  const Vocabulary::Special& special = model.vocabulary().special();
  const TokenTexts& written = model.writes_target() ? split.target : split.text;
  for (std::int64_t i = 0; i < split.size() && tokens > 0; ++i) {
    Passage passage;
    const std::int64_t which[] = {i};
    BatchOptions one;
    one.batch = 1;
    one.shuffle = false;
    passage.given = make_examples(select(split, which), *model.domain, model.task(), one)->get(0);
    passage.tokens = written.texts[static_cast<size_t>(i)];
    passage.spelt = spelling_of(model, split, static_cast<size_t>(i), passage.tokens.size());
    passage.tokens.push_back(special.end.value());
    if (std::ssize(passage.tokens) > tokens) passage.tokens.resize(static_cast<size_t>(tokens));
    passage.before = special.begin.value();
    tokens -= std::ssize(passage.tokens);
    passages.push_back(std::move(passage));
  }
  return passages;
}

std::vector<std::string> pieces_of(const Model& model, const Passage& passage) {
  const Vocabulary& vocabulary = model.vocabulary();
  const Tokenizer& tokenizer = model.tokenizer();
  std::vector<std::string> pieces;
  std::vector<std::string> pair;
  if (passage.goes_on) pair.push_back(vocabulary.token(passage.before));
  for (size_t t = 0; t < passage.tokens.size(); ++t) {
    const TokenId id = passage.tokens[t];
    const std::string& token = t < passage.spelt.size() ? passage.spelt[t] : vocabulary.token(id);
    if (id == vocabulary.special().end) {  // stands for itself
      pieces.push_back(token);
      continue;
    }
    const std::string before = tokenizer.join(pair);
    pair.push_back(token);
    const std::string after = tokenizer.join(pair);
    pieces.push_back(after.substr(std::min(before.size(), after.size())));
    if (first_invalid_utf8(pieces.back())) pieces.back() = token;  // a part of a character
    if (pair.size() > 1) pair.erase(pair.begin());
  }
  return pieces;
}

Batch to_the_end(const Model& model, const Passage& passage) {
  Batch batch = passage.given;
  TokenText read = {passage.before};
  read.insert(read.end(), passage.tokens.begin(), passage.tokens.end());
  TokenText targets = passage.tokens;
  targets.push_back(-1);
  const Shape shape{std::ssize(read), 1};
  (model.task().goal == Task::Goal::text ? batch.previous : batch.inputs) =
      Tensor::of<TokenId>(shape, read);
  batch.targets = Tensor::of<TokenId>(shape, targets);
  return batch;
}

}  // namespace unroll
