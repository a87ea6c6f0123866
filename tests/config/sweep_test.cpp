#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include <unroll/config/scalar.hpp>
#include <unroll/config/sweep.hpp>
#include <unroll/config/sweep_names.hpp>
#include <unroll/config/yaml.hpp>

namespace unroll {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

/// What the plugins would declare.
std::optional<OptionDescription> declared(const std::string& path) {
  OptionDescription option;
  if (path == "model.dropout") {
    option.type = "number";
    option.minimum = 0;
    option.maximum = 0.9;
  } else if (path == "model.hidden") {
    option.type = "integer";
    option.minimum = 1;
  } else if (path == "model.bias") {
    option.type = "boolean";
  } else if (path == "model.merge") {
    option.type = "text";
    option.choices = {"sum", "concatenate"};
  } else {
    return std::nullopt;
  }
  return option;
}

struct Expanded {
  Sweep sweep;
  std::string problems;

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const SweepPoint& point : sweep.points) all.push_back(point.name);
    return all;
  }
  /// The values of one path, point by point.
  std::vector<double> numbers(const std::string& path) const {
    std::vector<double> all;
    for (const SweepPoint& point : sweep.points)
      for (const SweepSetting& setting : point.settings)
        if (setting.path == path) all.push_back(parse_number(setting.value.text()).value.value());
    return all;
  }
};

Expanded expand(const std::string& text) {
  Problems problems;
  const Node root = load_yaml_text(text, "x.yaml", problems);
  Expanded expanded;
  expanded.sweep = expand_sweep(root, declared, problems);
  expanded.problems = problems.text();
  return expanded;
}

TEST(Sweep, GridIsEveryCombinationTheLastKeyFastest) {
  const Expanded grid = expand("sweep: {grid: {model.cell: [lstm, gru], model.hidden: [64, 128]}}");
  EXPECT_EQ(grid.problems, "");
  EXPECT_THAT(grid.names(), ElementsAre("cell=lstm,hidden=64", "cell=lstm,hidden=128",
                                        "cell=gru,hidden=64", "cell=gru,hidden=128"));
}

TEST(Sweep, AListOfGridsIsOneAfterAnother) {
  EXPECT_THAT(expand("sweep: {grid: [{a.x: [1, 2]}, {a.y: [3]}]}").names(),
              ElementsAre("x=1", "x=2", "y=3"));
}

TEST(Sweep, SeedsCountFromTheExperimentsAndComeRoundByRound) {
  EXPECT_THAT(expand("{seed: 7, seeds: 2, sweep: {grid: {a.x: [1, 2]}}}").names(),
              ElementsAre("x=1,seed=7", "x=2,seed=7", "x=1,seed=8", "x=2,seed=8"));
  EXPECT_THAT(expand("seeds: [3, 11]").names(), ElementsAre("seed=3", "seed=11"));
  EXPECT_THAT(expand("seeds: 2").names(), ElementsAre("seed=1", "seed=2"));
}

TEST(Sweep, PointsAreAsListedAndMultiplyWithTheGrid) {
  EXPECT_THAT(expand("sweep: {points: [{a.x: 1, a.y: 2}, {a.x: 3}]}").names(),
              ElementsAre("x=1,y=2", "x=3"));
  EXPECT_THAT(expand("sweep: {grid: {b.z: [0, 1]}, points: [{a.x: 1}, {a.x: 3}]}").names(),
              ElementsAre("z=0,x=1", "z=0,x=3", "z=1,x=1", "z=1,x=3"));
}

TEST(Sweep, NothingOfItIsLeftInTheExperiment) {
  Problems problems;
  const Node root =
      load_yaml_text("{seed: 1, seeds: 2, sweep: {grid: {a.x: [1]}}}", "x.yaml", problems);
  EXPECT_TRUE(has_sweep(root));
  EXPECT_EQ(to_flow_yaml(without_sweep(root)), "{seed: 1}");
  EXPECT_FALSE(has_sweep(without_sweep(root)));
  EXPECT_FALSE(has_sweep(load_yaml_text("{sweep: null, seeds: null}", "x.yaml", problems)));
}

TEST(Sweep, APointIsTheExperimentWithItsSettings) {
  Problems problems;
  const Node root = load_yaml_text(
      "{model: {many: {cell: {lstm: {bias: 1}}, hidden: 3}},"
      " sweep: {grid: {model.many.cell: [gru], model.many.hidden: [5]}}}",
      "x.yaml", problems);
  const Sweep sweep = expand_sweep(root, declared, problems);
  EXPECT_EQ(to_flow_yaml(experiment_of(without_sweep(root), sweep.points.at(0), problems)),
            "{model: {many: {cell: gru, hidden: 5}}}");
}

TEST(Sweep, EverythingWrongIsSaidAtOnceWithItsPlace) {
  EXPECT_EQ(expand("sweep:\n"
                   "  grids: {a.x: [1]}\n"
                   "  grid: {a.x: 5, a.y: []}\n"
                   "  points: [7]\n"
                   "seeds: [1, 1]\n")
                .problems,
            "x.yaml:2:3: unknown option 'grids'; did you mean 'grid'?\n"
            "x.yaml:3:15: 'a.x' expects a list of values\n"
            "x.yaml:3:23: 'a.y' expects a list of values\n"
            "x.yaml:4:12: a point is a map of paths to values\n"
            "x.yaml:5:12: the seed 1 stands twice");
  EXPECT_THAT(expand("sweep: {prune: {median: {}}}").problems, HasSubstr("no points"));
  EXPECT_THAT(expand("seeds: 0").problems, HasSubstr("how many"));
  EXPECT_THAT(expand("{seed: one, seeds: 2}").problems, HasSubstr("x.yaml:1:8: option 'seed'"));
  EXPECT_THAT(expand("sweep: {grid: {model: {hidden: [1, 2]}}}").problems,
              HasSubstr("write the path with dots"));
  EXPECT_THAT(expand("{seeds: 2, sweep: {grid: {seed: [1, 2]}}}").problems,
              HasSubstr("'seed' is set by another part of the sweep too"));
}

TEST(Sweep, TooManyPointsAreRefusedBeforeTheyAreMade) {
  std::string list = "0";
  for (int i = 1; i < 1000; ++i) list += ", " + std::to_string(i);
  std::string text = "sweep: {grid: {";
  for (char axis = 'a'; axis < 'k'; ++axis) text += std::string(1, axis) + ": [" + list + "], ";
  EXPECT_THAT(expand(text + "}}").problems, HasSubstr("more than 10000 points"));
  EXPECT_THAT(expand("{seeds: 9999, sweep: {grid: {a: [1, 2]}}}").problems,
              HasSubstr("more than 10000 points"));
}

TEST(SweepDraws, StayWithinTheirRangeAndRepeat) {
  const std::string text =
      "sweep: {random: {count: 200, seed: 3, draw: {a.rate: {log_uniform: [1.0e-4, 0.1]},"
      " a.size: {integers: [3, 6]}, a.share: {uniform: [-1, 1]}, a.kind: [x, y]}}}";
  const Expanded drawn = expand(text);
  EXPECT_EQ(drawn.problems, "");
  EXPECT_EQ(drawn.names(), expand(text).names());
  EXPECT_EQ(drawn.sweep.points.size(), 200U);
  EXPECT_THAT(drawn.numbers("a.rate"), Each(testing::AllOf(testing::Ge(1e-4), testing::Le(0.1))));
  EXPECT_THAT(drawn.numbers("a.share"), Each(testing::AllOf(testing::Ge(-1), testing::Le(1))));
  const std::vector<double> sizes = drawn.numbers("a.size");
  EXPECT_EQ(std::set<double>(sizes.begin(), sizes.end()), (std::set<double>{3, 4, 5, 6}));
  // Uniform in the logarithm: half of the draws lie below the geometric mean of the ends.
  int low = 0;
  for (const double rate : drawn.numbers("a.rate")) low += rate < std::sqrt(1e-5) ? 1 : 0;
  EXPECT_GT(low, 70);
  EXPECT_LT(low, 130);
}

TEST(SweepDraws, MoreOfThemBeginWithTheSameAndOtherPathsChangeNothing) {
  const auto rates = [](const std::string& count, const std::string& more) {
    return expand("sweep: {random: {count: " + count +
                  ", draw: {a.rate: {log_uniform: [1.0e-4, 0.1]}" + more + "}}}")
        .numbers("a.rate");
  };
  const std::vector<double> few = rates("5", ""), many = rates("50", "");
  EXPECT_EQ(few, std::vector<double>(many.begin(), many.begin() + 5));
  EXPECT_EQ(few, rates("5", ", a.other: {uniform: [0, 1]}"));
}

TEST(SweepDraws, ThePluginsDeclareWhatIsLeftOut) {
  const Expanded drawn = expand(
      "sweep: {random: {count: 20, draw: {model.dropout: uniform, model.merge: choices,"
      " model.hidden: {log_uniform: [16, 512]}}}}");
  EXPECT_EQ(drawn.problems, "");
  EXPECT_THAT(drawn.numbers("model.dropout"),
              Each(testing::AllOf(testing::Ge(0), testing::Le(0.9))));
  for (const double hidden : drawn.numbers("model.hidden")) EXPECT_EQ(hidden, std::round(hidden));
  EXPECT_EQ(expand("sweep: {random: {count: 2, draw: {model.hidden: integers}}}").problems,
            "x.yaml:1:49: 'model.hidden': the option declares no largest value; write one: "
            "{integers: [low, high]}");
  EXPECT_THAT(expand("sweep: {random: {count: 1, draw: {what: uniform}}}").problems,
              HasSubstr("the option is not known"));
  EXPECT_EQ(expand("sweep: {random: {count: 2, draw: {model.bias: choices}}}").problems, "");
}

TEST(SweepDraws, MistakesHaveTheirPlaces) {
  EXPECT_EQ(expand("sweep:\n"
                   "  random:\n"
                   "    count: 3\n"
                   "    draw:\n"
                   "      a: {unifrom: [0, 1]}\n"
                   "      b: {uniform: [1, 0]}\n"
                   "      c: {log_uniform: [0, 1]}\n"
                   "      d: {integers: [1, 2.5]}\n"
                   "      e: {uniform: 3}\n"
                   "      f: []\n")
                .problems,
            "x.yaml:5:10: 'a': unknown distribution 'unifrom' (known: choices, uniform, "
            "log_uniform, integers); did you mean 'uniform'?\n"
            "x.yaml:6:20: 'b': the range is empty or endless\n"
            "x.yaml:7:24: 'c': log_uniform needs a range above 0\n"
            "x.yaml:8:25: 'd': expects an integer\n"
            "x.yaml:9:20: 'e': uniform expects [low, high]\n"
            "x.yaml:10:10: 'f': the list of choices is empty");
  EXPECT_THAT(expand("sweep: {random: {draw: {a: [1]}}}").problems,
              HasSubstr("option 'count' is missing"));
  EXPECT_THAT(expand("sweep: {random: {count: 5, draw: {a: [1, 2]}}}").problems,
              HasSubstr("only 2 different points"));
}

TEST(SweepNames, TellPathsApartThatEndAlike) {
  EXPECT_THAT(expand("sweep: {grid: {a.cell.size: [1], b.cell.size: [2], c.rate: [3]}}").names(),
              ElementsAre("a.cell.size=1,b.cell.size=2,rate=3"));
  EXPECT_THAT(expand("sweep: {grid: {size: [1], a.size: [2]}}").names(),
              ElementsAre("size=1,a.size=2"));
}

TEST(SweepNames, ValuesAreReadable) {
  const auto label = [](const std::string& text) {
    Problems problems;
    return value_label(load_yaml_text(text, "x", problems));
  };
  EXPECT_EQ(label("1.0e-3"), "1.0e-3");
  EXPECT_EQ(label("{lstm: {forget_bias: 0}}"), "lstm-forget_bias=0");
  EXPECT_EQ(label("{lstm: {}}"), "lstm");
  EXPECT_EQ(label("[2, 3]"), "2+3");
  EXPECT_EQ(label("null"), "none");
}

TEST(SweepNames, AreSafeShortAndStillDifferent) {
  const auto names =
      expand("sweep: {grid: {a.text: ['x/../y', 'x*..*y', 'x y', 'ß', ok]}}").names();
  const std::set<std::string> different(names.begin(), names.end());
  EXPECT_EQ(different.size(), names.size());
  for (const std::string& name : names)
    EXPECT_EQ(name.find_first_of("/* \n'\"\\"), std::string::npos) << name;
  EXPECT_EQ(names.back(), "text=ok");
  const std::string long_text(500, 'x');
  const auto cut =
      expand("sweep: {grid: {a.text: [" + long_text + "a, " + long_text + "b]}}").names();
  EXPECT_NE(cut.at(0), cut.at(1));
  std::string wide = "sweep: {grid: {";
  for (char c = 'a'; c < 'q'; ++c) wide += std::string(8, c) + ": [" + std::string(20, c) + "], ";
  const auto narrow = expand(wide + "}}").names();
  EXPECT_LE(narrow.at(0).size(), kLongestPointName);
}

}  // namespace
}  // namespace unroll
