#include <unroll/comparison/figures.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <unroll/config/scalar.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

namespace unroll::comparison {
namespace {

constexpr std::array<std::string_view, 8> kLargerIsBetter{
    "accuracy", "exact_match", "bleu",      "chrf",
    "rouge_l",  "macro_f1",    "r_squared", "balanced_accuracy"};
constexpr std::array<std::string_view, 4> kWhich{"last", "best", "first", "best_step"};
constexpr std::array<std::string_view, 3> kSplits{"train", "validation", "test"};
constexpr std::array<std::string_view, 3> kHeldOutFirst{"validation", "test", "train"};

// By task, in the order in which a metric tells it; the first is the one to judge by.
struct Task {
  std::string_view sign;
  std::vector<std::string_view> metrics;
};
const std::array<Task, 6>& tasks() {
  static const std::array<Task, 6> all{{
      {"token_error_rate", {"bleu", "exact_match", "token_error_rate", "loss"}},
      {"macro_f1", {"accuracy", "macro_f1", "loss"}},
      {"r_squared", {"rmse", "r_squared"}},
      {"exact_match", {"accuracy", "exact_match", "loss"}},
      {"bits_per_character", {"loss", "bits_per_character"}},
      {"loss", {"loss", "perplexity"}},
  }};
  return all;
}

struct Field {
  std::string_view name;
  Value (*get)(const ComparedRun& run);
};
const std::array<Field, 12>& fields() {
  static const std::array<Field, 12> all{{
      {"file", [](const ComparedRun& run) -> Value { return run.path.string(); }},
      {"name", [](const ComparedRun& run) -> Value { return run.record.labels.name; }},
      {"tag", [](const ComparedRun& run) -> Value { return run.record.labels.tags; }},
      {"note", [](const ComparedRun& run) -> Value { return run.record.labels.note; }},
      {"experiment", [](const ComparedRun& run) -> Value { return run.record.experiment; }},
      {"status", [](const ComparedRun& run) -> Value { return run.status; }},
      {"reason", [](const ComparedRun& run) -> Value { return run.record.reason; }},
      {"step",
       [](const ComparedRun& run) -> Value { return static_cast<double>(run.record.step); }},
      {"created", [](const ComparedRun& run) -> Value { return run.record.created; }},
      {"finished", [](const ComparedRun& run) -> Value { return run.record.finished; }},
      {"run_id", [](const ComparedRun& run) -> Value { return run.record.run_id; }},
      {"folder", [](const ComparedRun& run) -> Value { return run.path.parent_path().string(); }},
  }};
  return all;
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("./", begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Value value_in(const Array& array) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&array.values))
    return texts->size() == 1 && array.shape.empty() ? Value(texts->front()) : Value(*texts);
  return std::visit(
      [&](const auto& values) -> Value {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_arithmetic_v<Element>)
          if (values.size() == 1) return static_cast<double>(values.front());
        return {};
      },
      array.values);
}

Value timing_value(const ComparedRun& run, std::string_view name) {
  const std::size_t dot = name.find('.');
  const auto table = run.record.timing.find(name.substr(0, dot));
  if (dot == std::string_view::npos || table == run.record.timing.end()) return {};
  const std::optional<double> last = table->second.last(name.substr(dot + 1));
  return last ? Value(*last) : Value();
}

/// Every name that any of the runs answers to.
std::vector<std::string> known_names(std::span<const ComparedRun> runs) {
  std::set<std::string> names;
  for (const Field& field : fields()) names.insert(std::string(field.name));
  for (const ComparedRun& run : runs) {
    for (const auto& [path, value] : run.settings.entries()) names.insert(path);
    for (const auto& [split, table] : run.record.metrics)
      for (const auto& [metric, column] : table.columns) names.insert(split + "." + metric);
    for (const auto& [split, table] : run.record.timing)
      for (const auto& [metric, column] : table.columns)
        names.insert("timing." + split + "." + metric);
    for (const auto& [name, array] : run.record.environment.entries()) {
      std::string dotted = "environment." + name;
      std::replace(dotted.begin(), dotted.end(), '/', '.');
      names.insert(std::move(dotted));
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace

bool larger_is_better(std::string_view metric) noexcept {
  return std::ranges::find(kLargerIsBetter, metric) != kLargerIsBetter.end();
}

std::optional<FigureName> FigureName::parse(std::string_view text) {
  const std::vector<std::string_view> parts = parts_of(text);
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  if (std::ranges::find(kSplits, parts[0]) == kSplits.end() || parts[1].empty())
    return std::nullopt;
  FigureName name{std::string(parts[0]), std::string(parts[1]), Which::last};
  if (parts.size() == 3) {
    const auto which = std::ranges::find(kWhich, parts[2]);
    if (which == kWhich.end()) return std::nullopt;
    name.which = static_cast<Which>(which - kWhich.begin());
  }
  return name;
}

std::string FigureName::text() const {
  std::string name = split + "." + metric;
  if (which != Which::last) name += fmt::format(".{}", kWhich[static_cast<std::size_t>(which)]);
  return name;
}

std::optional<Best> best_of(const MetricTable& table, std::string_view metric) {
  const std::vector<double>* values = table.find(metric);
  if (values == nullptr) return std::nullopt;
  const bool larger = larger_is_better(metric);
  std::optional<Best> best;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const double value = (*values)[i];
    if (std::isnan(value)) continue;
    if (!best || (larger ? value > best->value : value < best->value))
      best = Best{value, table.steps[i]};
  }
  return best;
}

std::optional<double> figure(const RunRecord& record, const FigureName& name) {
  const auto table = record.metrics.find(name.split);
  if (table == record.metrics.end()) return std::nullopt;
  const std::vector<double>* values = table->second.find(name.metric);
  if (values == nullptr || values->empty()) return std::nullopt;
  switch (name.which) {
    case FigureName::Which::last:
      return table->second.last(name.metric);
    case FigureName::Which::first: {
      const auto first = std::ranges::find_if(*values, [](double v) { return !std::isnan(v); });
      return first == values->end() ? std::nullopt : std::optional(*first);
    }
    case FigureName::Which::best:
    case FigureName::Which::best_step:
      break;
  }
  const std::optional<Best> best = best_of(table->second, name.metric);
  if (!best) return std::nullopt;
  return name.which == FigureName::Which::best ? best->value : static_cast<double>(best->step);
}

Value value_of(const ComparedRun& run, std::string_view name) {
  for (const Field& field : fields())
    if (field.name == name) return field.get(run);
  if (const std::optional<FigureName> wanted = FigureName::parse(name)) {
    const std::optional<double> value = figure(run.record, *wanted);
    return value ? Value(*value) : Value();
  }
  if (const std::string* text = run.settings.find(name)) {
    const Parsed<double> number = parse_number(*text);
    return number.value ? Value(*number.value) : Value(*text);
  }
  if (name.starts_with("timing.")) return timing_value(run, name.substr(7));
  if (name.starts_with("environment.")) {
    std::string path(name.substr(12));
    std::replace(path.begin(), path.end(), '.', '/');
    if (run.record.environment.has(path)) return value_in(run.record.environment.array(path));
  }
  return {};
}

std::string resolve(std::string_view name, std::span<const ComparedRun> runs) {
  const std::vector<std::string> known = known_names(runs);
  const auto is_known = [&](std::string_view one) {
    return std::binary_search(known.begin(), known.end(), one);
  };
  if (const std::optional<FigureName> wanted = FigureName::parse(name);
      wanted && is_known(wanted->split + "." + wanted->metric))
    return wanted->text();
  if (is_known(name)) return std::string(name);
  // An end of a setting's path goes before that of a figure: `loss` has train's and validation's.
  std::vector<std::string> ends, figures;
  const std::string end = fmt::format(".{}", name);
  for (const std::string& one : known)
    if (one.ends_with(end)) (FigureName::parse(one) ? figures : ends).push_back(one);
  if (ends.empty()) ends = std::move(figures);
  if (ends.size() == 1) return ends.front();
  if (!ends.empty())
    fail(Failure::usage, "'{}' may be {}; write more of it", name, join(ends, " or "));
  // Nearest among whole names, and among their last parts for `lerning_rate`.
  std::vector<std::string> candidates = known;
  for (const std::string& one : known) candidates.push_back(one.substr(one.rfind('.') + 1));
  fail(Failure::usage, "no run has a setting or figure '{}'{}", name,
       did_you_mean(name, candidates));
}

std::vector<FigureName> usual_figures(std::span<const ComparedRun> runs) {
  std::vector<FigureName> figures;
  for (const ComparedRun& run : runs) {
    const auto split = std::ranges::find_if(
        kHeldOutFirst, [&](std::string_view one) { return run.record.metrics.contains(one); });
    if (split == kHeldOutFirst.end()) continue;
    const MetricTable& table = run.record.metrics.find(*split)->second;
    const auto task = std::ranges::find_if(
        tasks(), [&](const Task& one) { return table.columns.contains(one.sign); });
    if (task == tasks().end()) continue;
    for (const std::string_view metric : task->metrics) {
      const FigureName name{std::string(*split), std::string(metric)};
      const bool listed = std::ranges::any_of(
          figures, [&](const FigureName& one) { return one.text() == name.text(); });
      if (table.columns.contains(metric) && !listed) figures.push_back(name);
    }
  }
  return figures;
}

}  // namespace unroll::comparison
