// What framework/model/encoder.hpp promises of an encoder.
#include <fmt/format.h>

#include <algorithm>

#include <unroll/autodiff/gradient_check.hpp>

#include "tensors.hpp"
#include "variants.hpp"

namespace unroll::conformance {
namespace {

constexpr double kClose = 1e-5;

/// Features that encoders read; an encoder may decline some of them.
const std::vector<EncoderSizes>& ordinary() {
  static const std::vector<EncoderSizes> all{{{5}, 3}, {{5}, 5}, {{2, 8, 8}, 3}, {{2, 3, 4}, 24}};
  return all;
}
/// Of one number, of one pixel.
const std::vector<EncoderSizes>& small() {
  static const std::vector<EncoderSizes> all{{{1}, 1}, {{1}, 4}, {{1, 1, 1}, 1}, {{1, 8, 1}, 2}};
  return all;
}

std::string text_of(const EncoderSizes& sizes) {
  return fmt::format("features {} to {}", shape_text(sizes.input), sizes.output);
}

Shape shape_of(const EncoderSizes& sizes, std::int64_t batch) {
  std::vector<std::int64_t> dims{batch};
  dims.insert(dims.end(), sizes.input.begin(), sizes.input.end());
  return Shape(dims);
}

struct LoneEncoder {
  ParameterStore store;
  std::unique_ptr<Encoder> encoder;
  LoneEncoder(const Examination& examination, const Variant& variant, const EncoderSizes& sizes,
              DType type, std::uint64_t seed)
      : store(seed, type),
        encoder(examination.registry().make_encoder(
            examination.choice(merged(smaller(examination, 4), variant.options)), sizes,
            Parameters(store))) {
    randomise(store, seed);
  }
  /// What it answers; `trained` with a stream that is the same each time.
  Tensor answer(const Tensor& features, bool trained = false) {
    Graph graph;
    RandomStream random(3, "dropout");
    return encoder->encode(graph.constant(features), trained ? &random : nullptr).value().clone();
  }
};

std::unique_ptr<LoneEncoder> encoder_of(const Examination& examination, const Variant& variant,
                                        const EncoderSizes& sizes, DType type, std::uint64_t seed) {
  auto made = accepted(
      [&] { return std::make_unique<LoneEncoder>(examination, variant, sizes, type, seed); });
  return made ? std::move(*made) : nullptr;
}

/// Every variant on every features that it reads. `use` returns what is broken.
using Use = std::function<std::optional<Finding>(const Variant&, const EncoderSizes&)>;
void each(Examination& examination, const std::vector<EncoderSizes>& all, const Use& use) {
  bool any = false;
  for (const Variant& variant : variants_of(examination))
    for (const EncoderSizes& sizes : all) {
      const std::string input = text_of(sizes) + with(variant);
      examination.doing(input);
      if (!encoder_of(examination, variant, sizes, DType::f32, examination.seed())) continue;
      any = true;
      if (auto finding = use(variant, sizes)) {
        finding->smallest += (finding->smallest.empty() ? "" : ", ") + input;
        examination.found(*finding);
      }
      if (examination.enough()) return;
    }
  if (!any) {
    std::string tried;
    for (const EncoderSizes& sizes : all) tried += (tried.empty() ? "" : ", ") + text_of(sizes);
    examination.skip("it declines all of these: " + tried);
  }
}

std::optional<Finding> finding(const std::string& expected,
                               const std::optional<std::string>& seen) {
  if (!seen) return {};
  return Finding{expected, *seen, {}};
}

void gradients(Examination& examination) {
  each(examination, ordinary(), [&](const Variant& variant, const EncoderSizes& sizes) {
    std::optional<Finding> found;
    for (const bool trained : {false, true})
      for (std::uint64_t seed = examination.seed(); seed < examination.seed() + 3; ++seed) {
        const auto lone = encoder_of(examination, variant, sizes, DType::f64, seed);
        // In training it may move and mirror pictures, through which no gradient need flow.
        const Tensor x = random_tensor(shape_of(sizes, 2), "x", DType::f64, seed);
        std::vector<Tensor> inputs;
        if (!trained) inputs.push_back(x);
        const auto loss = [&](Graph& graph, std::span<const Var> vars) {
          RandomStream random(3, "dropout");
          const Var features = trained ? graph.constant(x) : vars[0];
          return weighted(graph, lone->encoder->encode(features, trained ? &random : nullptr), "up",
                          seed);
        };
        const GradientCheck check = check_gradients(loss, inputs, lone->store.all());
        found.reset();
        if (check.passed()) break;  // a kink may lie in the way of one difference, not of three
        found = Finding{fmt::format("gradients are those of finite differences, in double, {}",
                                    trained ? "while it is trained" : "while it is used"),
                        check.where, "2 examples"};
        if (seed == examination.seed() + 2) return found;
      }
    return found;
  });
}

void shape(Examination& examination) {
  each(examination, ordinary(), [&](const Variant& variant, const EncoderSizes& sizes) {
    const auto lone = encoder_of(examination, variant, sizes, DType::f32, examination.seed());
    const Tensor given = random_tensor(shape_of(sizes, 4), "x", DType::f32, examination.seed());
    const Tensor found = lone->answer(given);
    const Shape wanted{4, sizes.output};
    if (found.shape() != wanted)
      return finding("features [N, …] become [N, output], here " + wanted.text(),
                     found.shape().text());
    return finding("finite numbers", not_finite("its answer", found));
  });
}

void batch(Examination& examination) {
  each(examination, ordinary(), [&](const Variant& variant, const EncoderSizes& sizes) {
    const auto lone = encoder_of(examination, variant, sizes, DType::f32, examination.seed());
    const Tensor all = random_tensor(shape_of(sizes, 5), "x", DType::f32, examination.seed());
    const Tensor together = lone->answer(all);
    for (std::int64_t n = 0; n < 5; ++n)
      if (auto seen = differs("its answer", together.slice(n, n + 1), "in company",
                              lone->answer(all.slice(n, n + 1).clone()), "alone", kClose))
        return finding(fmt::format("example {} of 5 gives what it gives alone", n), seen);
    return std::optional<Finding>{};
  });
}

void sizes_of_one(Examination& examination) {
  each(examination, small(), [&](const Variant& variant, const EncoderSizes& sizes) {
    const auto lone = encoder_of(examination, variant, sizes, DType::f32, examination.seed());
    const Tensor given = random_tensor(shape_of(sizes, 1), "x", DType::f32, examination.seed());
    for (const bool trained : {false, true})
      if (auto seen = not_finite(trained ? "its answer in training" : "its answer",
                                 lone->answer(given, trained)))
        return finding("finite numbers of one example", seen);
    return std::optional<Finding>{};
  });
}

void determinism(Examination& examination) {
  each(examination, ordinary(), [&](const Variant& variant, const EncoderSizes& sizes) {
    const auto one = encoder_of(examination, variant, sizes, DType::f32, examination.seed());
    const auto other = encoder_of(examination, variant, sizes, DType::f32, examination.seed());
    const Tensor given = random_tensor(shape_of(sizes, 4), "x", DType::f32, examination.seed());
    const Tensor first = one->answer(given);
    if (auto seen = differs("its answer", one->answer(given), "the second time", first,
                            "the first time", 0))
      return finding(
          "without a dropout stream the same features give the same bits: use changes "
          "nothing",
          seen);
    if (auto seen = differs("its answer in training", other->answer(given, true), "of the second",
                            one->answer(given, true), "of the first", 0))
      return finding("two encoders of the same weights and stream give the same bits", seen);
    return std::optional<Finding>{};
  });
}

void save_load(Examination& examination) {
  each(examination, ordinary(), [&](const Variant& variant, const EncoderSizes& sizes) {
    const auto trained = encoder_of(examination, variant, sizes, DType::f32, examination.seed());
    const auto restored =
        encoder_of(examination, variant, sizes, DType::f32, examination.seed() + 1);
    const Tensor given = random_tensor(shape_of(sizes, 6), "x", DType::f32, examination.seed());
    for (int step = 0; step < 3; ++step) trained->answer(given, true);  // running means move
    restored->store.restore(trained->store.save());
    restored->encoder->restore(trained->encoder->save());
    return finding("a new encoder with what another saved is that encoder",
                   differs("its answer", restored->answer(given), "restored",
                           trained->answer(given), "before", kClose));
  });
}

void memory(Examination& examination) {
  each(examination, ordinary(), [&](const Variant& variant, const EncoderSizes& sizes) {
    const auto lone = encoder_of(examination, variant, sizes, DType::f32, examination.seed());
    const Tensor given = random_tensor(shape_of(sizes, 4), "x", DType::f32, examination.seed());
    Graph graph;
    RandomStream random(3, "dropout");
    const auto once = [&] {
      graph.clear();
      graph.backward(sum(lone->encoder->encode(graph.input(given), &random)));
    };
    return finding("batch after batch takes no more memory", growth(once));
  });
}

void options(Examination& examination) {
  check_options(examination, [&](const Variant& variant) {
    for (const EncoderSizes& sizes : ordinary()) {
      const auto lone = encoder_of(examination, variant, sizes, DType::f32, examination.seed());
      if (!lone) continue;
      const Tensor given = random_tensor(shape_of(sizes, 2), "x", DType::f32, examination.seed());
      if (auto seen = not_finite("its answer", lone->answer(given, true)))
        examination.found({"finite numbers at the ends of an option's range", *seen,
                           text_of(sizes) + with(variant)});
    }
  });
}

}  // namespace

std::vector<Check> encoder_checks() {
  return {
      {"gradients", "gradients are those of finite differences", gradients},
      {"shape", "features [N, …] become [N, output]", shape},
      {"batch", "examples of a batch know nothing of each other", batch},
      {"small", "one example, one number, one pixel", sizes_of_one},
      {"determinism", "the same features give the same bits", determinism},
      {"save_load", "all that it learns is saved", save_load},
      {"memory", "memory does not grow", memory},
      {"options", "options hold what their description says", options},
  };
}

}  // namespace unroll::conformance
