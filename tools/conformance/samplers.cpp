// What framework/model/sampler.hpp promises of a sampler.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sampler_promises.hpp"
#include "tensors.hpp"
#include "variants.hpp"

namespace unroll::conformance {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr int kDraws = 10000;
/// Standard deviations of a normal variable that one draw in a million exceeds.
constexpr double kOneInAMillion = 4.75;

using Logits = std::vector<float>;

std::string text_of(const Logits& logits) {
  std::string text = "logits [";
  for (std::size_t i = 0; i < logits.size() && i < 10; ++i)
    text += fmt::format("{}{:g}", i > 0 ? ", " : "", logits[i]);
  return text + (logits.size() > 10 ? ", …]" : "]");
}

const std::vector<Logits>& ordinary() {
  static const std::vector<Logits> all = [] {
    std::vector<Logits> found{
        {0.5F, 2.0F, -1.0F, kNever, 1.0F, 1.9F, 0.0F}, {1, 1, 1, 1}, {3.0F, -2.0F}, {-4.0F}};
    Logits many;
    RandomStream random(5, "logits");
    for (int i = 0; i < 60; ++i) many.push_back(static_cast<float>(2 * random.normal()));
    found.push_back(many);
    return found;
  }();
  return all;
}

const std::vector<Logits>& extreme() {
  constexpr float huge = 3e38F;
  static const std::vector<Logits> all{{0.0F},
                                       {-80.0F},
                                       {kNever, -70.0F, kNever},
                                       {huge, -huge},
                                       {-huge, -huge, -huge},
                                       {1000.0F, 1001.0F, -1000.0F},
                                       {kNever, huge, huge, kNever},
                                       {1e-38F, -1e-38F, 0.0F},
                                       Logits(2000, 0.25F)};
  return all;
}

/// Each variant's sampler; `make` gives another one like it.
using Make = std::function<std::unique_ptr<Sampler>()>;
void each(Examination& examination, const std::function<void(const Variant&, const Make&)>& use) {
  for (const Variant& variant : variants_of(examination)) {
    examination.doing(variant.text());
    const Make make = [&] {
      return examination.registry().make_sampler(examination.choice(variant.options));
    };
    if (accepted(make)) use(variant, make);
    if (examination.enough()) return;
  }
}

/// Pearson's statistic of these draws, as deviations of a standard normal variable (Wilson and
/// Hilferty 1931). Infinite where a token of no probability was drawn.
double surprise(const std::vector<int>& counts, const std::vector<double>& p, double draws) {
  double statistic = 0, rest_expected = 0, rest_seen = 0;
  int cells = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (p[i] <= 0 && counts[i] > 0) return std::numeric_limits<double>::infinity();
    const double expected = p[i] * draws;
    if (expected < 5) {  // too few to be normal: all such tokens together
      rest_expected += expected;
      rest_seen += counts[i];
      continue;
    }
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
    ++cells;
  }
  if (rest_expected >= 1) {
    statistic += (rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
    ++cells;
  }
  const double k = cells - 1;
  if (k < 1) return 0;
  return (std::cbrt(statistic / k) - (1 - 2 / (9 * k))) / std::sqrt(2 / (9 * k));
}

/// Where the draws of a sampler, each after so many tokens of a text, are not as likely as `p`.
std::optional<std::string> unlikely(Examination& examination, Sampler& sampler,
                                    const Logits& logits, const std::vector<double>& p,
                                    int before) {
  RandomStream random(examination.seed(), "draws");
  std::vector<int> counts(logits.size());
  for (int i = 0; i < kDraws; ++i) {
    sampler.begin();
    RandomStream past(examination.seed(), "past");
    for (int k = 0; k < before; ++k) sampler.choose(logits, past);
    const auto id = static_cast<std::size_t>(sampler.choose(logits, random));
    if (id >= counts.size()) return fmt::format("token {} of {}", id, counts.size());
    ++counts[id];
  }
  const double deviations = surprise(counts, p, kDraws);
  if (deviations < kOneInAMillion) return {};
  std::size_t worst = 0;
  const auto off = [&](std::size_t i) {
    return std::abs(counts[i] - p[i] * kDraws) / std::sqrt(p[i] * kDraws + 1e-9);
  };
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (off(i) > off(worst)) worst = i;
  return fmt::format("token {} {} times in {}, expected {:.1f}; {:.1f} standard deviations", worst,
                     counts[worst], kDraws, p[worst] * kDraws, deviations);
}

/// Ways to ask for more than the defaults of the four options that mean the same everywhere.
std::vector<Variant> truncations(const Examination& examination) {
  std::vector<Variant> all = variants_of(examination);
  for (const OptionDescription& option : examination.description().options) {
    if (examination.subject().options.find(option.name) != nullptr) continue;
    std::vector<const char*> values;
    if (option.name == "temperature") values = {"0.5", "2.5", "1e-300", "1e300"};
    if (option.name == "top_p") values = {"0.7", "0.5", "1e-9"};
    if (option.name == "min_p") values = {"0.3", "1"};
    if (option.name == "top_k") values = {"1", "99"};
    for (const char* value : values)
      all.push_back({Node::map({{option.name, {}, Node::scalar(value)}})});
  }
  return all;
}

void distribution(Examination& examination) {
  bool promises = false;
  for (const Variant& variant : truncations(examination)) {
    const std::optional<Truncation> truncation = promised(examination, variant.options);
    if (!truncation) continue;
    promises = true;
    for (const Logits& logits : ordinary())
      for (const int before : {0, 3}) {  // what was chosen before must not matter
        const std::string input = text_of(logits) +
                                  (before > 0 ? fmt::format(" after {} tokens", before) : "") +
                                  with(variant);
        examination.doing(input);
        const auto sampler =
            examination.registry().make_sampler(examination.choice(variant.options));
        const auto seen =
            unlikely(examination, *sampler, logits, truncation->probabilities(logits), before);
        if (!seen) continue;
        examination.found(
            {"tokens are drawn as often as softmax(logits / temperature), truncated by top_k, "
             "top_p "
             "and min_p, says (chi-squared, one in a million)",
             *seen, input});
        return;
      }
  }
  if (!promises)
    examination.skip(
        "its options are not those whose distribution is known: temperature, and "
        "besides it top_k, top_p and min_p alone");
}

/// The likeliest token, the lowest id among equals.
TokenId likeliest(const Logits& logits) {
  return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void argmax(Examination& examination) {
  bool draws = false;
  each(examination, [&](const Variant& variant, const Make& make) {
    for (const Logits& logits : ordinary()) {
      const std::string input = text_of(logits) + with(variant);
      examination.doing(input);
      const auto sampler = make();
      sampler->begin();
      RandomStream random(examination.seed(), "sampler");
      const RandomStream::State untouched = random.state();
      const TokenId id = sampler->choose(logits, random);
      if (random.state() != untouched) {
        draws = true;
        return;
      }
      if (id == likeliest(logits)) continue;
      examination.found(
          {"a sampler that draws nothing begins a text with the likeliest token, the "
           "lowest id among equals",
           fmt::format("token {} instead of {}", id, likeliest(logits)), input});
      return;
    }
  });
  if (draws) examination.skip("it draws from the stream");
}

std::vector<TokenId> drawn(Sampler& sampler, const Logits& logits, std::uint64_t seed, int count) {
  RandomStream random(seed, "sampler");
  std::vector<TokenId> ids;
  for (int i = 0; i < count; ++i) ids.push_back(sampler.choose(logits, random));
  return ids;
}

void reproducible(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    for (const Logits& logits : ordinary()) {
      const std::string input = text_of(logits) + with(variant);
      examination.doing(input);
      const auto one = make(), other = make();
      one->begin();
      other->begin();
      const auto first = drawn(*one, logits, examination.seed(), 40);
      if (drawn(*other, logits, examination.seed(), 40) != first) {
        examination.found(
            {"two samplers of the same options choose the same tokens by the same "
             "stream",
             "other tokens", input});
        return;
      }
      drawn(*one, logits, examination.seed() + 1, 7);
      one->begin();
      if (drawn(*one, logits, examination.seed(), 40) != first) {
        examination.found(
            {"after begin() nothing is left of the text before", "other tokens", input});
        return;
      }
    }
  });
}

/// What is wrong with a choice.
std::optional<std::string> unfit(TokenId id, const Logits& logits) {
  if (id < 0 || static_cast<std::size_t>(id) >= logits.size())
    return fmt::format("token {} of {}", id, logits.size());
  const float logit = logits[static_cast<std::size_t>(id)];
  if (logit == kNever || std::isnan(logit))
    return fmt::format("token {}, whose logit is {}", id, logit);
  return {};
}

/// Chooses some tokens; nothing if it throws an Error.
std::optional<std::string> tried(Examination& examination, Sampler& sampler, const Logits& logits) {
  RandomStream random(examination.seed(), "sampler");
  try {
    for (int i = 0; i < 200; ++i) {
      if (i % 10 == 0) sampler.begin();
      if (auto wrong = unfit(sampler.choose(logits, random), logits)) return wrong;
    }
  } catch (const PluginError&) {
    throw;
  } catch (const Error& error) {
    return std::string(error.what());
  }
  return {};
}

void extremes(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    std::vector<Logits> all = extreme();
    all.insert(all.end(), ordinary().begin(), ordinary().end());
    for (const Logits& logits : all) {
      const std::string input = text_of(logits) + with(variant);
      examination.doing(input);
      if (const auto seen = tried(examination, *make(), logits)) {
        examination.found({"a token whose logit is finite is chosen", *seen, input});
        return;
      }
    }
  });
}

void nonsense(Examination& examination) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinite = std::numeric_limits<float>::infinity();
  const std::vector<Logits> all{{nan, 1.0F, 0.5F}, {1.0F, nan},      {nan, nan},
                                {nan, kNever},     {infinite, 1.0F}, {0.0F, infinite, infinite}};
  each(examination, [&](const Variant& variant, const Make& make) {
    for (const Logits& logits : all) {
      const std::string input = text_of(logits) + with(variant);
      examination.doing(input);
      const auto sampler = make();
      RandomStream random(examination.seed(), "sampler");
      try {
        sampler->begin();
        for (int i = 0; i < 50; ++i)
          if (const auto seen = unfit(sampler->choose(logits, random), logits)) {
            examination.found(
                {"logits that are not numbers are refused with an Error, or never "
                 "chosen",
                 *seen, input});
            return;
          }
      } catch (const PluginError&) {
        throw;
      } catch (const Error&) {
        // Refused, as a model that has diverged should be.
      }
    }
  });
}

void search(Examination& examination) {
  bool searches = false;
  each(examination, [&](const Variant& variant, const Make& make) {
    const auto sampler = make();
    if (sampler->width() < 1)
      examination.found(
          {"width() is at least 1", fmt::format("{}", sampler->width()), variant.text()});
    searches |= sampler->width() > 1;
    for (std::int64_t tokens = 1; tokens <= 200; ++tokens)
      for (const double p : {-0.01, -1.0, -30.0, -4000.0}) {
        const double likely = sampler->worth(p, tokens), unlikely = sampler->worth(p * 1.1, tokens);
        if (!(likely >= unlikely)) {
          examination.found(
              {"worth does not rise as the probability falls",
               fmt::format("{:g} of log p {:g}, {:g} of {:g}", likely, p, unlikely, p * 1.1),
               fmt::format("{} tokens", tokens) + with(variant)});
          return;
        }
        const double first = sampler->worth(p, 2) - sampler->worth(p, 1);
        const double now = sampler->worth(p, tokens + 1) - sampler->worth(p, tokens);
        if (first * now < 0) {
          examination.found({"worth rises with the tokens or falls with them, not both",
                             fmt::format("by {:g} from 1 to 2 tokens, by {:g} from {} to {}", first,
                                         now, tokens, tokens + 1),
                             fmt::format("log p {:g}", p) + with(variant)});
          return;
        }
      }
  });
  if (!searches) examination.skip("it does not search (Sampler::width is 1)");
}

void memory(Examination& examination) {
  each(examination, [&](const Variant& variant, const Make& make) {
    const auto sampler = make();
    RandomStream random(examination.seed(), "sampler");
    const Logits& logits = ordinary().back();
    const auto a_text = [&] {
      sampler->begin();
      for (int i = 0; i < 20; ++i) sampler->choose(logits, random);
    };
    if (const auto seen = growth(a_text))
      examination.found(
          {"text after text takes no more memory", *seen, "texts of 20 tokens" + with(variant)});
  });
}

void options(Examination& examination) {
  check_options(
      examination,
      [&](const Variant& variant) {
        const auto sampler =
            examination.registry().make_sampler(examination.choice(variant.options));
        for (const Logits& logits : ordinary())
          if (const auto seen = tried(examination, *sampler, logits))
            examination.found({"a token whose logit is finite is chosen", *seen,
                               text_of(logits) + with(variant)});
      },
      100'000);
}

}  // namespace

std::vector<Check> sampler_checks() {
  return {
      {"distribution", "tokens are drawn as often as its options say", distribution},
      {"argmax", "without a draw, the likeliest token", argmax},
      {"reproducible", "the stream decides, and nothing else", reproducible},
      {"extremes", "whatever the logits, a token that may be chosen is", extremes},
      {"nonsense", "logits that are not numbers are refused or passed over", nonsense},
      {"search", "what a search asks goes one way", search},
      {"memory", "memory does not grow", memory},
      {"options", "options hold what their description says", options},
  };
}

}  // namespace unroll::conformance
