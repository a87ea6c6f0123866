#include <unroll/results/median_rule.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <unroll/core/text.hpp>

namespace unroll {
namespace {

constexpr std::string_view kPruned = "pruned at step ";
constexpr std::array<std::string_view, 9> kSmaller{
    "loss",          "bits_per_character", "perplexity", "rmse", "mae", "token_error_rate",
    "gradient_norm", "repetition",         "cycle"};
constexpr std::array<std::string_view, 7> kLarger{
    "accuracy", "macro_f1", "balanced_accuracy", "exact_match", "bleu", "chrf", "r_squared"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<double> average_up_to(const RunCurve& curve, std::int64_t step) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < curve.steps.size(); ++i) {
    if (curve.steps[i] > step) continue;
    sum += curve.values[i];
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

/// Of an even number, the mean of the two in the middle.
double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

void MedianRule::describe(Schema<MedianRule>& schema) {
  schema.summary("ends runs that are worse than the median of the others");
  schema.option("warmup", &MedianRule::warmup, "steps before which no run is ended").at_least(0);
  schema.option("minimum", &MedianRule::minimum, "completed points that it takes to judge")
      .at_least(1);
  schema.option("metric", &MedianRule::metric, "what is compared, SPLIT/NAME");
  schema.option("better", &MedianRule::better, "which values are; auto: known by the name")
      .choices({"auto", "smaller", "larger"});
}

bool MedianRule::smaller_is_better() const {
  return better == "auto" ? is_one_of(kSmaller, name()) : better == "smaller";
}

MedianRule read_median_rule(const Node& prune, Problems& problems) {
  const auto& rules = prune.entries();
  if (rules.size() != 1 || rules.front().key != "median") {
    static const std::vector<std::string> kRules{"median"};
    problems.add(rules.empty() ? prune.mark() : rules.front().key_mark,
                 fmt::format("prune expects a rule, as in {{median: {{warmup: 500}}}}{}",
                             rules.empty() ? "" : did_you_mean(rules.front().key, kRules)));
    return {};
  }
  const Node& options = rules.front().value;
  ReadContext context{problems};
  const MedianRule rule = schema_of<MedianRule>().read(options, context);
  const Node* metric = options.find("metric");
  const Mark& mark = metric == nullptr ? rules.front().key_mark : metric->mark();
  if (std::count(rule.metric.begin(), rule.metric.end(), '/') != 1)
    problems.add(mark, fmt::format("metric expects SPLIT/NAME, as validation/loss, found '{}'",
                                   rule.metric));
  else if (rule.better == "auto" && !is_one_of(kSmaller, rule.name()) &&
           !is_one_of(kLarger, rule.name()))
    problems.add(mark, fmt::format("is more of '{}' better, or less? say better: larger or smaller",
                                   rule.name()));
  return rule;
}

RunCurve curve_of(const MedianRule& rule, std::string name, const MetricTables& metrics) {
  RunCurve curve{std::move(name), {}, {}};
  const auto table = metrics.find(rule.split());
  const std::vector<double>* values =
      table == metrics.end() ? nullptr : table->second.find(rule.name());
  if (values == nullptr) return curve;
  for (std::size_t i = 0; i < values->size(); ++i) {
    if (std::isnan((*values)[i])) continue;
    curve.steps.push_back(table->second.steps[i]);
    curve.values.push_back((*values)[i]);
  }
  return curve;
}

std::optional<MedianVerdict> judge(const MedianRule& rule, const RunCurve& own,
                                   const std::vector<RunCurve>& completed, std::int64_t step) {
  if (step < rule.warmup) return std::nullopt;
  MedianVerdict verdict;
  verdict.step = step;
  const bool smaller = rule.smaller_is_better();
  bool measured = false;
  for (std::size_t i = 0; i < own.steps.size(); ++i) {
    if (own.steps[i] > step) continue;
    const double value = own.values[i];
    if (!measured || (smaller ? value < verdict.best : value > verdict.best)) verdict.best = value;
    measured = true;
  }
  for (const RunCurve& curve : completed) {
    const auto average = average_up_to(curve, step);
    if (!average) continue;
    verdict.compared.push_back(curve.name);
    verdict.averages.push_back(*average);
  }
  if (!measured || std::ssize(verdict.averages) < rule.minimum) return std::nullopt;
  verdict.median = median_of(verdict.averages);
  verdict.prune = smaller ? verdict.best > verdict.median : verdict.best < verdict.median;
  return verdict;
}

std::string verdict_text(const MedianRule& rule, const MedianVerdict& verdict) {
  return fmt::format("{}{}: best {} {:.4g}, the median of {} others' averages is {:.4g}", kPruned,
                     verdict.step, rule.metric, verdict.best, verdict.averages.size(),
                     verdict.median);
}

bool says_pruned(std::string_view reason) noexcept {
  return reason.starts_with(kPruned);
}

}  // namespace unroll
