// What framework/model/optimizer.hpp promises of an optimizer.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "shrink.hpp"
#include "tensors.hpp"
#include "variants.hpp"

namespace unroll::conformance {
namespace {

using Numbers = std::vector<float>;
constexpr std::size_t kWeights = 48;

Numbers random_numbers(std::size_t count, const std::string& name, std::uint64_t seed) {
  RandomStream random(seed, name);
  Numbers numbers(count);
  for (float& number : numbers) number = static_cast<float>(random.uniform(-1, 1));
  return numbers;
}

using Make = std::function<std::unique_ptr<Optimizer>()>;
void each(Examination& examination, const std::function<void(const Variant&, const Make&)>& use) {
  for (const Variant& variant : variants_of(examination)) {
    examination.doing(variant.text());
    const Make make = [&] {
      return examination.registry().make_optimizer(examination.choice(variant.options));
    };
    if (accepted(make)) use(variant, make);
    if (examination.enough()) return;
  }
}

/// Updates with gradients that follow from the step alone.
void run(Optimizer& optimizer, Numbers& weights, std::int64_t first, std::int64_t last,
         std::uint64_t seed, double rate = 0.01) {
  for (std::int64_t step = first; step <= last; ++step)
    optimizer.update(weights,
                     random_numbers(weights.size(), "gradient" + std::to_string(step), seed),
                     {rate, 1, step});
}

std::optional<std::string> differs(const Numbers& a, const std::string& of_a, const Numbers& b,
                                   const std::string& of_b, double tolerance = 0) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    if (!(std::abs(x - y) <= tolerance * std::max(1.0, std::abs(y))))
      return fmt::format("weight {} is {:.9g} {} and {:.9g} {}", i, x, of_a, y, of_b);
  }
  return {};
}

/// Half the weighted squared distance from where the weights should be.
double descend(Optimizer& optimizer, std::int64_t steps, std::uint64_t seed, double& before) {
  Numbers weights = random_numbers(kWeights, "weights", seed), gradients(kWeights);
  const Numbers goal = random_numbers(kWeights, "goal", seed);
  const auto slope = [](std::size_t i) { return 0.5F + static_cast<float>(i % 4) * 0.5F; };
  const auto height = [&] {
    double sum = 0;
    for (std::size_t i = 0; i < kWeights; ++i)
      sum += 0.5 * slope(i) * std::pow(weights[i] - goal[i], 2);
    return sum;
  };
  before = height();
  const double rate = optimizer.learning_rate();
  for (std::int64_t step = 1; step <= steps; ++step) {
    for (std::size_t i = 0; i < kWeights; ++i) gradients[i] = slope(i) * (weights[i] - goal[i]);
    optimizer.update(weights, gradients, {rate, 1, step});
  }
  return height();
}

void convex(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    double before = 0;
    const double after = descend(*make(), 300, examination.seed(), before);
    if (!(after < 0.9 * before))
      examination.found({"300 updates at its own learning rate go down a convex bowl",
                         fmt::format("from {:.4g} to {:.4g}", before, after),
                         fmt::format("{} weights", kWeights) + with(variant)});
  });
}

void resume(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    const auto resumed = [&](std::int64_t steps) -> std::optional<std::string> {
      const auto one = make();
      Numbers weights = random_numbers(kWeights, "weights", examination.seed());
      run(*one, weights, 1, steps, examination.seed());
      Numbers again = weights;
      const Archive saved = one->save();
      run(*one, weights, steps + 1, steps + 3, examination.seed());
      const auto two = make();
      two->restore(saved);
      run(*two, again, steps + 1, steps + 3, examination.seed());
      return differs(again, "restored", weights, "undisturbed");
    };
    if (!resumed(7)) return;
    const std::vector<std::int64_t> least =
        shrink_sizes({7}, {1}, [&](const auto& steps) { return resumed(steps[0]).has_value(); });
    examination.found(
        {"what is saved and restored goes on to the same bits", *resumed(least[0]),
         fmt::format("saved after {} updates, then 3 more", least[0]) + with(variant)});
  });
}

void determinism(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    Numbers first = random_numbers(kWeights, "weights", examination.seed()), second = first;
    run(*make(), first, 1, 5, examination.seed());
    run(*make(), second, 1, 5, examination.seed());
    if (const auto seen = differs(second, "the second time", first, "the first time"))
      examination.found({"the same gradients give the same weights, to the bit", *seen,
                         "5 updates" + with(variant)});
  });
}

void zero_gradient(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    // Weight decay may shrink weights; nothing else moves them.
    const Numbers before = random_numbers(kWeights, "weights", examination.seed());
    Numbers weights = before, gaps(kWeights);
    const Numbers zero(kWeights);
    const auto optimizer = make(), other = make();
    for (std::int64_t step = 1; step <= 3; ++step) {
      optimizer->update(weights, zero, {0.01, 1, step});
      other->update(gaps, zero, {0.01, 1, step});
    }
    const std::string input = "3 updates with gradients of zero" + with(variant);
    if (const auto seen = differs(gaps, "after", zero, "before"))
      examination.found(
          {"gaps of the arena, weights and gradients of zero, stay zero", *seen, input});
    for (std::size_t i = 0; i < kWeights; ++i)
      if (!(std::abs(weights[i]) <= std::abs(before[i]) && weights[i] * before[i] >= 0)) {
        examination.found(
            {"gradients of zero change nothing, but for weight decay",
             fmt::format("weight {} went from {:.9g} to {:.9g}", i, before[i], weights[i]), input});
        break;
      }
  });
}

void zero_rate(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    const Numbers before = random_numbers(kWeights, "weights", examination.seed());
    Numbers weights = before;
    run(*make(), weights, 1, 3, examination.seed(), 0);
    if (const auto seen = differs(weights, "after", before, "before"))
      examination.found(
          {"a learning rate of 0 changes nothing", *seen, "3 updates" + with(variant)});
  });
}

void scaling(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    Numbers scaled = random_numbers(kWeights, "weights", examination.seed()), plain = scaled;
    const auto one = make(), other = make();
    for (std::int64_t step = 1; step <= 3; ++step) {
      Numbers gradients =
          random_numbers(kWeights, "gradient" + std::to_string(step), examination.seed());
      one->update(scaled, gradients, {0.01, 0.25, step});
      for (float& gradient : gradients) gradient *= 0.25F;
      other->update(plain, gradients, {0.01, 1, step});
    }
    if (const auto seen = differs(scaled, "by gradient_scale", plain, "by smaller gradients", 1e-6))
      examination.found({"gradient_scale multiplies every gradient", *seen,
                         "3 updates, gradient_scale 0.25" + with(variant)});
  });
}

void order(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    Numbers forwards = random_numbers(kWeights, "weights", examination.seed());
    Numbers backwards(forwards.rbegin(), forwards.rend());
    const auto one = make(), other = make();
    for (std::int64_t step = 1; step <= 4; ++step) {
      const Numbers gradients =
          random_numbers(kWeights, "gradient" + std::to_string(step), examination.seed());
      one->update(forwards, gradients, {0.01, 1, step});
      other->update(backwards, Numbers(gradients.rbegin(), gradients.rend()), {0.01, 1, step});
    }
    std::ranges::reverse(backwards);
    if (const auto seen = differs(backwards, "in reverse order", forwards, "in order", 1e-5))
      examination.found({"it does not matter where in the arena a weight lies", *seen,
                         "4 updates" + with(variant)});
  });
}

void sizes(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{17}, std::size_t{70'001}}) {
      examination.doing(fmt::format("{} weights", count) + with(variant));
      const auto optimizer = make();
      Numbers weights = random_numbers(count, "weights", examination.seed());
      run(*optimizer, weights, 1, 2, examination.seed());
      const auto bad = std::ranges::find_if(weights, [](float w) { return !std::isfinite(w); });
      if (bad != weights.end())
        examination.found({"finite weights of finite gradients",
                           fmt::format("weight {} is {}", bad - weights.begin(), *bad),
                           fmt::format("{} weights", count) + with(variant)});
    }
  });
}

void refusals(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    const auto optimizer = make();
    Numbers weights = random_numbers(kWeights, "weights", examination.seed());
    run(*optimizer, weights, 1, 2, examination.seed());
    if (optimizer->save().entries().empty()) return;  // keeps nothing, so anything will do
    examination.doing("restored from nothing" + with(variant));
    try {
      make()->restore(Archive{});
      examination.found({"a state that lacks what it saves is refused with an Error",
                         "it was accepted", "an empty archive" + with(variant)});
    } catch (const PluginError&) {
      throw;
    } catch (const Error&) {
    }
  });
}

void memory(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    const auto optimizer = make();
    Numbers weights = random_numbers(kWeights, "weights", examination.seed());
    const Numbers gradients = random_numbers(kWeights, "gradient", examination.seed());
    std::int64_t step = 0;
    if (const auto seen = growth([&] { optimizer->update(weights, gradients, {1e-4, 1, ++step}); }))
      examination.found({"update after update takes no more memory", *seen,
                         fmt::format("{} weights", kWeights) + with(variant)});
  });
}

void options(Examination& examination) {
  check_options(
      examination,
      [&](const Variant& variant) {
        const auto optimizer =
            examination.registry().make_optimizer(examination.choice(variant.options));
        Numbers weights = random_numbers(kWeights, "weights", examination.seed());
        run(*optimizer, weights, 1, 2, examination.seed());
      },
      100'000);
}

}  // namespace

std::vector<Check> optimizer_checks() {
  return {
      {"convex", "it goes down a convex bowl", convex},
      {"resume", "saved and restored it goes on to the same bits", resume},
      {"determinism", "the same gradients give the same weights", determinism},
      {"zero_gradient", "no gradient, no step; gaps stay zero", zero_gradient},
      {"zero_rate", "a learning rate of 0 changes nothing", zero_rate},
      {"scaling", "gradient_scale multiplies every gradient", scaling},
      {"order", "where a weight lies does not matter", order},
      {"sizes", "one weight, odd numbers, many", sizes},
      {"refusals", "a state that is not its own is refused", refusals},
      {"memory", "memory does not grow", memory},
      {"options", "options hold what their description says", options},
  };
}

}  // namespace unroll::conformance
