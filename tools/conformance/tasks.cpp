#include "tasks.hpp"

#include <unroll/core/error.hpp>

namespace unroll::conformance {
namespace {

constexpr std::uint64_t kLetters = 6;

Domain domain_of(const Form& form) {
  Domain domain;
  domain.fields.text = form.text;
  domain.fields.whole = form.whole;
  domain.fields.target = form.target;
  domain.fields.label = form.label;
  domain.fields.features = form.features;
  domain.text = Vocabulary::with_special({"a", "b", "c", "d", "e", "f"}, {form.whole, form.whole});
  domain.target = domain.text;
  domain.target_counts.assign(static_cast<std::size_t>(domain.text.size()), 3);
  if (form.label) {
    domain.classes = {"x", "y", "z"};
    domain.class_counts = {2, 2, 1};
  }
  if (form.values) domain.fields.values = {"first", "second"};
  return domain;
}

/// Examples of different lengths. Tags are as many as tokens; an answer has a length of its own.
Encoded data_of(const Form& form, bool tags, std::size_t examples) {
  RandomStream random(3, "examples");
  const auto letters = [&](std::size_t length) {
    TokenText text;
    for (std::size_t t = 0; t < length; ++t)
      text.push_back(static_cast<TokenId>(random.below(kLetters)));
    return text;
  };
  Encoded data;
  for (std::size_t i = 0; i < examples; ++i) {
    Example& example = data.examples.emplace_back();
    example.origin = "example " + std::to_string(i);
    const std::size_t length = form.whole ? 1 + (i * 3 + 2) % 5 : 61;
    if (form.text) data.text.texts.push_back(letters(length));
    if (form.target) data.target.texts.push_back(letters(tags ? length : 1 + i % 3));
    if (form.label) data.labels.push_back(static_cast<std::int32_t>(i % 3));
    if (form.values) example.values = {static_cast<float>(i) - 2, 1.5F};
    std::int64_t size = form.features.empty() ? 0 : 1;
    for (const std::int64_t dim : form.features)
      size *= dim < 0 ? static_cast<std::int64_t>(length) : dim;
    for (std::int64_t k = 0; k < size; ++k)
      example.features.push_back(static_cast<float>(random.uniform(-1, 1)));
  }
  return data;
}

}  // namespace

const std::vector<Form>& forms() {
  static const std::vector<Form> all{
      {.name = "a stream of text", .whole = false},
      {.name = "whole texts"},
      {.name = "texts with a class", .label = true},
      {.name = "texts with an answer", .target = true},
      {.name = "vectors with a class", .text = false, .label = true, .features = {6}},
      {.name = "pictures with a class", .text = false, .label = true, .features = {2, 8, 8}},
      {.name = "sequences of vectors with numbers",
       .text = false,
       .values = true,
       .features = {-1, 3}},
      {.name = "vectors with numbers", .text = false, .values = true, .features = {6}},
      {.name = "pictures with a text", .features = {1, 8, 8}},
      {.name = "vectors with a text", .features = {6}}};
  return all;
}

Trial::Trial(const Examination& examination, const Form& form, const Node& options, DType type,
             std::uint64_t with_seed, std::size_t examples)
    : domain(domain_of(form)), store(with_seed, type), seed(with_seed) {
  architecture = examination.registry().make_architecture(
      examination.choice(options), {domain, examination.registry(), Parameters(store)});
  // As the trainer does.
  if (streams() && architecture->task().goal != Task::Goal::next_token)
    fail(Failure::usage, "it needs whole examples");
  data = data_of(form, architecture->task().goal == Task::Goal::tags, examples);
}

std::unique_ptr<Batches> Trial::batches(std::int64_t batch, std::int64_t window) const {
  BatchOptions options;
  options.batch = batch;
  options.window = window;
  options.shuffle = false;
  if (streams()) return make_streams(data.text.texts, options);
  return make_examples(data, domain, architecture->task(), options);
}

std::int64_t Trial::choices() const {
  switch (architecture->task().goal) {
    case Task::Goal::values:
      return 1;
    case Task::Goal::label:
      return static_cast<std::int64_t>(domain.classes.size());
    default:
      return domain.text.size();
  }
}

std::unique_ptr<Trial> trial_of(const Examination& examination, const Form& form,
                                const Node& options, DType type, std::uint64_t seed,
                                std::size_t examples) {
  auto made = accepted(
      [&] { return std::make_unique<Trial>(examination, form, options, type, seed, examples); });
  return made ? std::move(*made) : nullptr;
}

Node small_options(const Examination& examination) {
  for (const std::int64_t size : {5, 8, 4, 16}) {
    const Node small = smaller(examination, size);
    for (const Form& form : forms())
      if (trial_of(examination, form, small, DType::f32, examination.seed())) return small;
  }
  return Node::map({});
}

}  // namespace unroll::conformance
