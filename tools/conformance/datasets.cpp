// What framework/model/dataset.hpp promises of a dataset.
//
// Datasets that read files get small ones of the kit, if one of these suits them; others need the
// author's own, by --set.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <unroll/core/text.hpp>
#include <unroll/training/encoded.hpp>

#include "code_points.hpp"
#include "data_files.hpp"
#include "variants.hpp"

namespace unroll::conformance {
namespace {

/// Few examples where the dataset makes as many as it is asked for.
Node few(const Examination& examination) {
  Node options = Node::map({});
  for (const OptionDescription& option : examination.description().options)
    for (const auto& [name, count] :
         {std::pair("train", "40"), std::pair("validation", "12"), std::pair("test", "12")})
      if (option.name == name && option.type == "integer" &&
          examination.subject().options.find(name) == nullptr)
        options = options.with(name, Node::scalar(count));
  return options;
}

/// What the dataset gives; nothing where it declines.
std::optional<Splits> loaded(const Examination& examination, const Node& options) {
  try {
    return examination.registry().make_dataset(examination.choice(options))->load();
  } catch (const Error& error) {
    if (error.kind() != Failure::usage && error.kind() != Failure::data) throw;
    return {};
  }
}

/// Options with which it loads; nothing, and the check skipped, if there are none.
std::optional<Recipe> recipe_of(Examination& examination) {
  const Node counts = few(examination);
  std::string reason;
  std::vector<Recipe> recipes =
      write_data_files(examination.subject().scratch, examination.description().options);
  recipes.insert(recipes.begin(), Recipe{Node::map({}), false});
  for (Recipe& recipe : recipes) {
    recipe.options = merged(counts, recipe.options);
    examination.doing(to_flow_yaml(recipe.options));
    try {
      examination.registry().make_dataset(examination.choice(recipe.options))->load();
      return recipe;
    } catch (const Error& error) {
      if (error.kind() != Failure::usage && error.kind() != Failure::data) throw;
      if (reason.empty()) reason = error.what();
    }
  }
  examination.skip("it needs files: name some with --set, as in --set files=[a.tsv] (" + reason +
                   ")");
  return {};
}

/// The variants, but for how many examples there are.
std::vector<Variant> variants_on(const Examination& examination, const Recipe& recipe) {
  std::vector<Variant> all = variants_of(examination);
  std::erase_if(all, [&](const Variant& variant) {
    return !variant.options.entries().empty() &&
           recipe.options.find(variant.options.entries().front().key) != nullptr;
  });
  return all;
}

/// Every variant that loads.
using Use = std::function<std::optional<Finding>(const Variant&, const Splits&)>;
void each(Examination& examination, const Use& use) {
  const auto recipe = recipe_of(examination);
  if (!recipe) return;
  for (const Variant& variant : variants_on(examination, *recipe)) {
    examination.doing(variant.text());
    const auto splits = loaded(examination, merged(recipe->options, variant.options));
    if (!splits) continue;
    if (auto found = use(variant, *splits)) {
      found->smallest = variant.text();
      examination.found(*found);
    }
    if (examination.enough()) return;
  }
}

struct NamedSplit {
  const char* name;
  const std::vector<Example>* examples;
};
std::vector<NamedSplit> named(const Splits& splits) {
  return {{"train", &splits.train}, {"validation", &splits.validation}, {"test", &splits.test}};
}

/// What of an example is not as the fields say.
std::optional<std::string> misfit(const Example& example, const Fields& fields) {
  if (fields.text && fields.whole && example.text.empty() && !fields.target)
    return "its text is empty";
  if (!fields.text && !example.text.empty()) return "it has a text";
  if (!fields.target && !example.target.empty()) return "it has a target";
  if (fields.label != !example.label.empty())
    return fields.label ? "it has no label" : "it has a label";
  for (const std::string* text : {&example.text, &example.target, &example.label})
    if (const auto at = first_invalid_utf8(*text))
      return fmt::format("byte {} of a text is not UTF-8", *at);
  if (example.values.size() != fields.values.size())
    return fmt::format("{} values instead of {}", example.values.size(), fields.values.size());
  for (const std::vector<float>* numbers : {&example.values, &example.features})
    for (const float number : *numbers)
      if (!std::isfinite(number)) return fmt::format("a number is {}", number);
  std::int64_t step = fields.features.empty() ? 0 : 1;
  const bool any_length = !fields.features.empty() && fields.features.front() < 0;
  for (const std::int64_t dim : fields.features) step *= dim < 0 ? 1 : dim;
  const auto size = static_cast<std::int64_t>(example.features.size());
  // Words of tables become features later on.
  if (example.words.empty() && (any_length ? step == 0 || size % step != 0 : size != step))
    return fmt::format("{} features, whose shape is {}", size, shape_text(fields.features));
  return {};
}

void fields(Examination& examination) {
  each(examination, [&](const Variant&, const Splits& splits) -> std::optional<Finding> {
    if (splits.train.empty())
      return Finding{"there are examples to train on", "the training split is empty", {}};
    for (const auto& [name, examples] : named(splits))
      for (std::size_t i = 0; i < examples->size(); ++i)
        if (const auto seen = misfit((*examples)[i], splits.fields))
          return Finding{
              "each example has what `Fields` says, and nothing else",
              fmt::format("{} example {} ({}): {}", name, i, (*examples)[i].origin, *seen),
              {}};
    if (splits.split_name.empty())
      return Finding{"`split_name` says how the splits were cut", "it is empty", {}};
    return {};
  });
}

bool same(const Example& a, const Example& b) {
  return a.text == b.text && a.target == b.target && a.label == b.label && a.values == b.values &&
         a.features == b.features && a.words == b.words;
}

/// Where two loadings differ; nothing if they do not.
std::optional<std::string> changed(const Splits& a, const Splits& b) {
  const auto one = named(a), other = named(b);
  for (std::size_t s = 0; s < one.size(); ++s) {
    const auto &first = *one[s].examples, &second = *other[s].examples;
    if (first.size() != second.size())
      return fmt::format("{} and {} {} examples", first.size(), second.size(), one[s].name);
    for (std::size_t i = 0; i < first.size(); ++i)
      if (!same(first[i], second[i]))
        return fmt::format("{} example {} is another ({} and {})", one[s].name, i, first[i].origin,
                           second[i].origin);
  }
  return {};
}

void determinism(Examination& examination) {
  const auto recipe = recipe_of(examination);
  if (!recipe) return;
  each(examination, [&](const Variant& variant, const Splits& splits) -> std::optional<Finding> {
    const auto again = loaded(examination, merged(recipe->options, variant.options));
    if (!again) return Finding{"what could be loaded can be loaded again", "it was declined", {}};
    if (const auto seen = changed(splits, *again))
      return Finding{"the same options give the same examples in the same order", *seen, {}};
    return {};
  });
}

void seeded(Examination& examination) {
  const auto recipe = recipe_of(examination);
  if (!recipe) return;
  bool any = false;
  for (const OptionDescription& option : examination.description().options) {
    if (option.name.find("seed") == std::string::npos || option.type != "integer") continue;
    any = true;
    bool matters = false;
    for (const Variant& variant : variants_on(examination, *recipe)) {
      const Node options = merged(recipe->options, variant.options);
      examination.doing(option.name + with(variant));
      const auto one = loaded(examination, options.with(option.name, Node::scalar("11")));
      const auto other = loaded(examination, options.with(option.name, Node::scalar("12")));
      matters = one && other && changed(*one, *other);
      if (matters) break;
    }
    if (!matters)
      examination.found(
          {fmt::format("another {} gives other examples or another order", option.name),
           "the same ones, whatever the other options are",
           fmt::format("{} 11 and 12", option.name)});
  }
  if (!any) examination.skip("it has no option with a seed");
}

void disjoint(Examination& examination) {
  const auto recipe = recipe_of(examination);
  if (!recipe) return;
  each(examination, [&](const Variant&, const Splits& splits) -> std::optional<Finding> {
    std::set<std::string> origins, texts;
    for (const auto& [name, examples] : named(splits)) {
      std::set<std::string> own_origins, own_texts;
      for (const Example& example : *examples) {
        const bool pieces = !splits.fields.whole;
        if (!pieces && !example.origin.empty() && origins.contains(example.origin))
          return Finding{"no example stands in two splits",
                         fmt::format("{} in {} too", example.origin, name),
                         {}};
        // Files may hold a text twice; what is made need not.
        if (!recipe->reads_files && !example.text.empty() && texts.contains(example.text))
          return Finding{"no text that is made stands in two splits",
                         fmt::format("'{}' in {} too", example.text, name),
                         {}};
        own_origins.insert(example.origin);
        own_texts.insert(example.text);
      }
      origins.merge(own_origins);
      texts.merge(own_texts);
    }
    return {};
  });
}

void domain(Examination& examination) {
  const CodePoints tokenizer;
  const auto recipe = recipe_of(examination);
  if (!recipe) return;
  each(examination, [&](const Variant&, const Splits& splits) -> std::optional<Finding> {
    if (splits.train.empty() || !splits.train.front().words.empty()) return {};
    const Tokenizers tokenizers{&tokenizer, splits.fields.target ? &tokenizer : nullptr};
    const Domain learnt = learn_domain(splits, tokenizers);
    for (const auto& [name, examples] : named(splits)) {
      if (learnt.fields.label)
        for (const Example& example : *examples)
          if (!learnt.find_class(example.label))
            return Finding{"every label of a held-out split is one of the training split",
                           fmt::format("'{}' in {}", example.label, name),
                           {}};
      const Encoded encoded = encode(*examples, learnt, tokenizers);
      if (!recipe->reads_files && encoded.text.unknown + encoded.target.unknown > 0)
        return Finding{"what is made is made of the training split's characters",
                       fmt::format("{} unknown ones in {}",
                                   encoded.text.unknown + encoded.target.unknown, name),
                       {}};
    }
    return {};
  });
}

void options(Examination& examination) {
  const auto recipe = recipe_of(examination);
  if (!recipe) return;
  check_options(examination, [&](const Variant& variant) {
    loaded(examination, merged(recipe->options, variant.options));
  });
}

}  // namespace

std::vector<Check> dataset_checks() {
  return {
      {"fields", "each example has what its fields say", fields},
      {"determinism", "the same options give the same examples", determinism},
      {"seeded", "its seed decides", seeded},
      {"disjoint", "no example stands in two splits", disjoint},
      {"domain", "held-out examples are of the training split's domain", domain},
      {"options", "options hold what their description says", options},
  };
}

}  // namespace unroll::conformance
