#include <unroll/config/sweep_draws.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <unroll/config/describe.hpp>
#include <unroll/config/scalar.hpp>
#include <unroll/core/random.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

constexpr std::size_t kAttempts = 1000;  ///< draws that were there already, before giving up

/// `random:` but for what it draws.
struct RandomOptions {
  using Options = RandomOptions;
  std::int64_t count = 0;
  std::uint64_t seed = 1;
  static void describe(Schema<RandomOptions>& schema) {
    schema.option("count", &RandomOptions::count, "points to draw")
        .required()
        .range(1, static_cast<double>(kMostSweepPoints));
    schema.option("seed", &RandomOptions::seed, "of the draws");
  }
};

/// What one path is drawn from.
struct Distribution {
  SweepSetting setting;  ///< without its value
  RandomStream stream;
  std::vector<Node> choices;  ///< empty: numbers from low to high
  double low = 0, high = 0;
  bool logarithmic = false, whole = false;
  Mark mark;

  double number() {
    if (whole && !logarithmic)
      return low + static_cast<double>(stream.below(static_cast<std::uint64_t>(high - low) + 1));
    // Half a unit beyond both ends, so that these are as likely as the others.
    const double margin = whole ? 0.5 : 0;
    const double u = 1 - stream.uniform();  // (0, 1]: a bound that is excluded is the lower one
    double value = logarithmic
                       ? std::exp(std::lerp(std::log(low - margin), std::log(high + margin), u))
                       : std::lerp(low, high, u);
    value = whole ? std::round(value) : *parse_number(fmt::format("{:.4g}", value)).value;
    return std::clamp(value, low, high);
  }

  Node draw() {
    if (!choices.empty()) return choices[stream.below(choices.size())];
    return Node::scalar(whole ? fmt::format("{:.0f}", number()) : number_text(number()), mark);
  }
};

/// Reads what stands under one path of `draw`.
class Reader {
 public:
  Reader(const Node::Entry& entry, const OptionFinder& find, std::uint64_t seed, Problems& problems)
      : entry_(entry), problems_(problems), option_(find(entry.key)) {
    read_.emplace(Distribution{{entry.key, {}, entry.key_mark},
                               RandomStream(seed, "sweep " + entry.key),
                               {},
                               0,
                               0,
                               false,
                               false,
                               entry.value.mark()});
  }

  std::optional<Distribution> read() {
    const Node& value = entry_.value;
    if (value.is_sequence()) {
      read_->choices = value.items();
      if (value.items().empty()) complain(value, "the list of choices is empty");
    } else if (value.is_scalar()) {
      read_kind(value.text(), {});
    } else if (value.is_map() && value.entries().size() == 1) {
      read_kind(value.entries()[0].key, value.entries()[0].value);
    } else {
      complain(value, "expects a list, or what to draw from: " + join(kKinds));
    }
    return std::move(read_);
  }

 private:
  static inline const std::vector<std::string> kKinds{"choices", "uniform", "log_uniform",
                                                      "integers"};

  void complain(const Node& at, const std::string& message) {
    const Mark& place = !at.is_null()             ? at.mark()
                        : !entry_.value.is_null() ? entry_.value.mark()
                                                  : entry_.key_mark;
    problems_.add(place, fmt::format("'{}': {}", entry_.key, message));
    read_.reset();
  }

  void read_kind(const std::string& kind, const Node& arguments) {
    if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end())
      return complain({}, fmt::format("unknown distribution '{}' (known: {}){}", kind, join(kKinds),
                                      did_you_mean(kind, kKinds)));
    if (kind == "choices") return read_choices(arguments);
    read_->whole = kind == "integers" || (option_ && option_->type == "integer");
    read_->logarithmic = kind == "log_uniform";
    if (arguments.is_null())
      declared_range(kind);
    else
      given_range(kind, arguments);
    if (!read_) return;
    if (read_->logarithmic && !(read_->low > 0))
      complain(arguments, "log_uniform needs a range above 0");
    else if (!std::isfinite(read_->low) || !std::isfinite(read_->high) || read_->low >= read_->high)
      complain(arguments, "the range is empty or endless");
  }

  void read_choices(const Node& arguments) {
    if (arguments.is_sequence() && !arguments.items().empty()) {
      read_->choices = arguments.items();
      return;
    }
    if (!arguments.is_null()) return complain(arguments, "choices expects a list of values");
    std::vector<std::string> names = option_ ? option_->choices : std::vector<std::string>();
    if (option_ && option_->type == "boolean") names = {"true", "false"};
    for (const std::string& name : names) read_->choices.push_back(Node::scalar(name, read_->mark));
    if (names.empty())
      complain({}, "the option declares no choices; write them: {choices: [a, b]}");
  }

  void declared_range(const std::string& kind) {
    if (!option_ || !option_->minimum || !option_->maximum) {
      const std::string lacks = !option_                                 ? "is not known"
                                : !option_->minimum && !option_->maximum ? "declares no range"
                                : !option_->minimum ? "declares no smallest value"
                                                    : "declares no largest value";
      return complain({},
                      fmt::format("the option {}; write one: {{{}: [low, high]}}", lacks, kind));
    }
    read_->low = *option_->minimum;
    read_->high = *option_->maximum;
  }

  void given_range(const std::string& kind, const Node& range) {
    if (range.items().size() != 2)
      return complain(range, fmt::format("{} expects [low, high]", kind));
    std::array<double, 2> ends{};
    for (std::size_t i = 0; i < 2; ++i) {
      const Node& end = range.items()[i];
      const auto number = parse_number(end.text());
      const bool whole = number.value && *number.value == std::floor(*number.value) &&
                         std::abs(*number.value) <= 0x1.0p53;
      if (!end.is_scalar() || !number.value || (read_->whole && !whole))
        return complain(end, read_->whole ? "expects an integer" : "expects a number");
      if (option_ && !within_limits(*number.value, *option_))
        return complain(
            end, fmt::format("the option must be {}, found {}", limits_text(*option_), end.text()));
      ends[i] = *number.value;
    }
    read_->low = ends[0];
    read_->high = ends[1];
  }

  const Node::Entry& entry_;
  Problems& problems_;
  std::optional<OptionDescription> option_;
  std::optional<Distribution> read_;
};

}  // namespace

std::vector<std::vector<SweepSetting>> random_settings(const Node& random, const OptionFinder& find,
                                                       Problems& problems) {
  const std::size_t before = problems.all().size();
  if (!detail::expect_map(random, "random", problems)) return {};
  std::vector<Node::Entry> rest;
  const Node* draw = nullptr;
  for (const Node::Entry& entry : random.entries())
    if (entry.key == "draw")
      draw = &entry.value;
    else
      rest.push_back(entry);
  ReadContext context{problems};
  const RandomOptions options =
      schema_of<RandomOptions>().read(Node::map(std::move(rest), random.mark()), context);
  if (draw == nullptr || !draw->is_map() || draw->entries().empty())
    problems.add(draw == nullptr || draw->is_null() ? random.mark() : draw->mark(),
                 "random needs draw: a map of paths to what they are drawn from");
  if (problems.all().size() > before) return {};

  std::vector<Distribution> distributions;
  for (const Node::Entry& entry : draw->entries())
    if (auto read = Reader(entry, find, options.seed, problems).read())
      distributions.push_back(std::move(*read));
  if (problems.all().size() > before) return {};

  std::vector<std::vector<SweepSetting>> all;
  std::set<std::string> known;
  const auto count = static_cast<std::size_t>(options.count);
  for (std::size_t repeated = 0; all.size() < count && repeated < kAttempts;) {
    std::vector<SweepSetting> settings;
    std::string text;
    for (Distribution& distribution : distributions) {
      settings.push_back(distribution.setting);
      settings.back().value = distribution.draw();
      text += to_flow_yaml(settings.back().value) + "\n";
    }
    if (!known.insert(text).second) {
      ++repeated;
      continue;
    }
    repeated = 0;
    all.push_back(std::move(settings));
  }
  if (all.size() < count)
    problems.add(random.find("count")->mark(),
                 fmt::format("only {} different points were found in {} more draws; ask for fewer",
                             all.size(), kAttempts));
  return all;
}

}  // namespace unroll
