#include <algorithm>
#include <map>
#include <string_view>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/encoded.hpp>

namespace unroll {
namespace {

std::vector<std::string_view> member(const std::vector<Example>& examples,
                                     std::string Example::*text) {
  std::vector<std::string_view> texts;
  texts.reserve(examples.size());
  for (const Example& example : examples) texts.push_back(example.*text);
  return texts;
}

std::string place(const Example& example) {
  return example.origin.empty() ? std::string("the data") : example.origin;
}

}  // namespace

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::int64_t code_points_of(TokenId first, const Tokenizer& tokenizer,
                            const Vocabulary& vocabulary) {
  return code_points(first == vocabulary.special().unknown
                         ? vocabulary.token(first)
                         : tokenizer.decode({&first, 1}, vocabulary));
}

std::int64_t TokenTexts::tokens() const noexcept {
  std::int64_t count = texts.empty() ? stored.ids().size() : 0;
  for (const TokenText& text : texts) count += static_cast<std::int64_t>(text.size());
  return count;
}

Domain learn_domain(const Splits& splits, const Tokenizers& tokenizers) {
  Domain domain;
  domain.fields = splits.fields;
  const SpecialTokens special{splits.fields.whole, splits.fields.whole};
  if (splits.fields.text)
    domain.text = tokenizers.text->learn(member(splits.train, &Example::text), special);
  if (splits.fields.target)
    domain.target = tokenizers.target->learn(member(splits.train, &Example::target), special);
  if (splits.fields.label) {
    std::map<std::string, std::int64_t> counts;
    for (const Example& example : splits.train) ++counts[example.label];
    for (const auto& [name, count] : counts) {
      domain.classes.push_back(name);
      domain.class_counts.push_back(count);
    }
  }
  if (splits.fields.scaled) {
    const auto& shape = splits.fields.features;
    if (!shape.empty())
      domain.features = Scaling::learn(splits.train, &Example::features, scaling_width(shape),
                                       scaling_run(shape));
    if (!splits.fields.values.empty())
      domain.values = Scaling::learn(splits.train, &Example::values, splits.fields.values.size());
  }
  return domain;
}

std::vector<std::int64_t> count_tokens(const TokenTexts& texts, const Vocabulary& vocabulary) {
  if (texts.texts.empty()) return {};
  std::vector<std::int64_t> counts(static_cast<std::size_t>(vocabulary.size()), 0);
  for (const TokenText& text : texts.texts)
    for (const TokenId id : text) ++counts[static_cast<std::size_t>(id)];
  return counts;
}

TokenTexts encode_texts(const std::vector<std::string_view>& texts, const Tokenizer& tokenizer,
                        const Vocabulary& vocabulary, bool whole) {
  TokenTexts all;
  all.texts.reserve(texts.size());
  for (const std::string_view text : texts) {
    TokenText ids = tokenizer.encode(text, vocabulary);
    if (vocabulary.special().unknown)
      all.unknown += std::count(ids.begin(), ids.end(), *vocabulary.special().unknown);
    all.characters += code_points(text);
    if (!whole && !ids.empty())
      all.characters -= code_points_of(ids.front(), tokenizer, vocabulary);
    all.texts.push_back(std::move(ids));
  }
  all.characters = std::max<std::int64_t>(all.characters, 0);
  return all;
}

Encoded encode(std::vector<Example> examples, const Domain& domain, const Tokenizers& tokenizers) {
  Encoded encoded;
  const bool whole = domain.fields.whole;
  if (domain.fields.text)
    encoded.text =
        encode_texts(member(examples, &Example::text), *tokenizers.text, domain.text, whole);
  if (domain.fields.target)
    encoded.target =
        encode_texts(member(examples, &Example::target), *tokenizers.target, domain.target, whole);
  if (domain.fields.label)
    for (const Example& example : examples) {
      const auto index = domain.find_class(example.label);
      if (!index && !example.label.empty())
        fail(Failure::data, "{}: the label '{}' does not occur in the training split{}",
             place(example), example.label, did_you_mean(example.label, domain.classes));
      encoded.labels.push_back(index.value_or(-1));
    }
  // Values stay as they are: the architecture's answers are in their units.
  if (domain.features.active())
    for (Example& example : examples)
      domain.features.apply(example.features, scaling_run(domain.fields.features));
  encoded.examples = std::move(examples);
  return encoded;
}

Encoded select(const Encoded& from, std::span<const std::int64_t> places) {
  Encoded chosen;
  const auto pick = [&](const auto& all, auto& into) {
    if (!all.empty())
      for (const std::int64_t place : places) into.push_back(all[static_cast<std::size_t>(place)]);
  };
  pick(from.text.texts, chosen.text.texts);
  pick(from.target.texts, chosen.target.texts);
  pick(from.labels, chosen.labels);
  pick(from.examples, chosen.examples);
  return chosen;
}

}  // namespace unroll
