#include <gmock/gmock.h>

#include <unroll/config/describe.hpp>
#include <unroll/config/schema.hpp>
#include <unroll/config/yaml.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;

struct Place {
  std::string city;
  int zip = 10;
  static void describe(Schema<Place>& schema) {
    schema.option("city", &Place::city, "where").required();
    schema.option("zip", &Place::zip, "code").range(1, 99);
  }
};

struct Stopping {
  int patience = 3;
  static void describe(Schema<Stopping>& schema) {
    schema.option("patience", &Stopping::patience, "evaluations").at_least(1);
  }
};

struct Sample {
  struct Options {
    bool peepholes = false;
    int layers = 2;
    std::int64_t steps = 1000;
    std::uint64_t seed = 1;
    float dropout = 0.1f;
    double rate = 0.002;
    std::string reset = "after";
    std::vector<int> sizes{1, 2};
    std::optional<double> clip;
    PluginChoice cell{"lstm", {}, {}};
    PluginChoice encoder;
    std::vector<PluginChoice> samplers;
    Stopping stopping{5};
    std::optional<Place> place;
    std::vector<Place> places;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("A sample of every type.");
    schema.option("peepholes", &O::peepholes, "gates see the cell");
    schema.option("layers", &O::layers, "stacked").range(1, 64);
    schema.option("steps", &O::steps, "updates").at_least(1);
    schema.option("seed", &O::seed, "of all streams");
    schema.option("dropout", &O::dropout, "between layers").range(0, 0.9);
    schema.option("rate", &O::rate, "of learning").above(0).at_most(1);
    schema.option("reset", &O::reset, "placement").choices({"before", "after"});
    schema.option("sizes", &O::sizes, "of kernels").at_least(1);
    schema.option("clip", &O::clip, "norm").above(0);
    schema.option("cell", &O::cell, "recurrence").kind("cell");
    schema.option("encoder", &O::encoder, "before it").kind("encoder");
    schema.option("samplers", &O::samplers, "side by side").kind("sampler");
    schema.option("stopping", &O::stopping, "early");
    schema.option("place", &O::place, "one place");
    schema.option("places", &O::places, "many places");
  }
};

/// A catalogue of one plugin of options of its own.
class Catalogue final : public PluginCatalogue {
 public:
  struct Lstm {
    double forget_bias = 1;
    static void describe(Schema<Lstm>& schema) {
      schema.option("forget_bias", &Lstm::forget_bias, "at the start").range(-10, 10);
    }
  };
  std::vector<std::string> names(std::string_view) const override { return {"lstm"}; }
  Node resolve(std::string_view kind, const PluginChoice& choice,
               Problems& problems) const override {
    if (choice.name != "lstm") {
      problems.add(choice.mark,
                   fmt::format("unknown {} '{}'{}", kind, choice.name,
                               did_you_mean(choice.name, names(kind))),
                   Failure::plugin);
      return choice.options;
    }
    Schema<Lstm> schema;
    Lstm::describe(schema);
    ReadContext context{problems, this};
    return schema.write(schema.read(choice.options, context));
  }
};

struct Reading {
  Sample::Options options;
  std::string problems;
};

Reading read(const std::string& text) {
  static const Catalogue catalogue;
  Problems problems;
  const Node node = load_yaml_text(text, "x.yaml", problems);
  ReadContext context{problems, &catalogue};
  Reading out{schema_of<Sample>().read(node, context), {}};
  out.problems = problems.text();
  return out;
}

std::string problems_of(const std::string& text) {
  return read(text).problems;
}

TEST(Schema, ReadsEveryType) {
  const auto [options, problems] = read(R"(
peepholes: true
layers: 3
steps: 1e6
seed: 18446744073709551615
dropout: 0.9
rate: 1.0e-3
reset: before
sizes: [3, 4]
clip: 5
cell: {lstm: {forget_bias: 0}}
samplers: [lstm, lstm: {forget_bias: 2}, "lstm"]
stopping: {patience: 9}
place: {city: Bern}
places:
  - {city: Rome, zip: 7}
  - city: Oslo
)");
  EXPECT_EQ(problems, "");
  EXPECT_TRUE(options.peepholes);
  EXPECT_EQ(options.layers, 3);
  EXPECT_EQ(options.steps, 1000000);
  EXPECT_EQ(options.seed, 18446744073709551615u);
  EXPECT_EQ(options.dropout, 0.9f);
  EXPECT_EQ(options.rate, 0.001);
  EXPECT_EQ(options.reset, "before");
  EXPECT_THAT(options.sizes, ElementsAre(3, 4));
  EXPECT_EQ(options.clip, 5.0);
  EXPECT_EQ(to_flow_yaml(options.cell.options), "{forget_bias: 0}");
  EXPECT_FALSE(options.encoder.chosen());
  ASSERT_EQ(options.samplers.size(), 3u);
  EXPECT_EQ(to_flow_yaml(options.samplers[0].options), "{forget_bias: 1}");
  EXPECT_EQ(to_flow_yaml(options.samplers[1].options), "{forget_bias: 2}");
  EXPECT_EQ(options.stopping.patience, 9);
  EXPECT_EQ(options.place->city, "Bern");
  EXPECT_EQ(options.places[0].zip, 7);
  EXPECT_EQ(options.places[1].zip, 10);
}

TEST(Schema, FillsDefaultsAndResolvesDefaultPlugins) {
  const auto [options, problems] = read("");
  EXPECT_EQ(problems, "");
  EXPECT_EQ(options.layers, 2);
  EXPECT_EQ(options.stopping.patience, 5);  // the parent's default, not the nested struct's
  EXPECT_EQ(to_flow_yaml(options.cell.options), "{forget_bias: 1}");
  EXPECT_FALSE(options.place.has_value());
}

TEST(Schema, WritesWhatItReadsAgain) {
  const auto schema = schema_of<Sample>();
  const auto first = read("{places: [{city: 'no: yes'}], clip: 0.1, dropout: 0.3, cell: lstm}");
  const std::string text = to_yaml(schema.write(first.options));
  const auto second = read(text);
  EXPECT_EQ(second.problems, "");
  EXPECT_EQ(to_yaml(schema.write(second.options)), text);
  EXPECT_EQ(text, R"(peepholes: false
layers: 2
steps: 1000
seed: 1
dropout: 0.3
rate: 0.002
reset: after
sizes: [1, 2]
clip: 0.1
cell:
  lstm:
    forget_bias: 1
encoder: null
samplers: []
stopping:
  patience: 5
place: null
places:
  - city: "no: yes"
    zip: 10
)");
}

TEST(Schema, ReportsAllMistakesAtOnceWithTheirPlaces) {
  EXPECT_EQ(problems_of(R"(peephole: true
layers: 0
steps: 1.5
seed: -1
dropout: 0.95
rate: 0
reset: befor
sizes: 3
clip: 5,0
cell: lstn
encoder: [a]
samplers: {lstm: {}}
stopping: {patience: none}
place: {zip: 5}
places: [{city: x, zop: 5}, 7]
)"),
            "x.yaml:1:1: unknown option 'peephole'; did you mean 'peepholes'?\n"
            "x.yaml:2:9: option 'layers' must be from 1 to 64, found 0\n"
            "x.yaml:3:8: option 'steps' expects an integer, found '1.5' (not a whole number)\n"
            "x.yaml:4:7: option 'seed' expects an integer, found '-1' (less than 0)\n"
            "x.yaml:5:10: option 'dropout' must be from 0 to 0.9, found 0.95\n"
            "x.yaml:6:7: option 'rate' must be above 0 and at most 1, found 0\n"
            "x.yaml:7:8: option 'reset' must be one of 'before', 'after', found 'befor'; did you "
            "mean 'before'?\n"
            "x.yaml:8:8: option 'sizes' expects a list of integers, found '3' (write it in [ ])\n"
            "x.yaml:9:7: option 'clip' expects a number, found '5,0' (a point, not a comma)\n"
            "x.yaml:10:7: unknown cell 'lstn'; did you mean 'lstm'?\n"
            "x.yaml:11:10: option 'encoder' expects the name of an encoder or a map 'name: "
            "options', found a list\n"
            "x.yaml:12:11: option 'samplers' expects a list of samplers, found a map (put '- ' "
            "before each)\n"
            "x.yaml:13:22: option 'patience' expects an integer, found 'none'\n"
            "x.yaml:14:8: option 'city' is missing (text: where)\n"
            "x.yaml:15:20: unknown option 'zop'; did you mean 'zip'?\n"
            "x.yaml:15:29: 'places' expects a map of options, found '7'");
}

TEST(Schema, NumbersAndBooleansAreReadOurWay) {
  EXPECT_EQ(problems_of("layers: 010"),
            "x.yaml:1:9: option 'layers' expects an integer, found '010' (no leading zeros: octal "
            "and decimal readers would differ)");
  EXPECT_EQ(problems_of("layers: 0x10"),
            "x.yaml:1:9: option 'layers' expects an integer, found '0x10' (numbers are decimal)");
  EXPECT_EQ(problems_of("layers: '3'"),
            "x.yaml:1:9: option 'layers' expects an integer, found '3' (remove the quotes)");
  EXPECT_EQ(problems_of("layers: 3000000000"),
            "x.yaml:1:9: option 'layers' expects an integer, found '3000000000' (beyond 32 bits)");
  EXPECT_EQ(problems_of("peepholes: yes"),
            "x.yaml:1:12: option 'peepholes' expects true or false, found 'yes' (write true)");
  EXPECT_EQ(problems_of("peepholes:\n"),
            "x.yaml:1:1: option 'peepholes' expects true or false, found nothing");
  EXPECT_EQ(problems_of("reset:\n"),
            "x.yaml:1:1: option 'reset' expects a text, found nothing (the empty text is written "
            "\"\")");
  EXPECT_EQ(problems_of("rate: nan"),
            "x.yaml:1:7: option 'rate' expects a number, found 'nan' (not-a-number is no setting)");
}

TEST(Schema, ExplainsOptionsBesideThePluginsName) {
  EXPECT_EQ(
      problems_of("cell:\n  lstm:\n  forget_bias: 1\n"),
      "x.yaml:2:3: option 'cell' expects the name of a cell or a map 'name: options', found 2 "
      "keys (lstm, forget_bias); options stand in a map below the name");
  EXPECT_EQ(problems_of("cell: {lstm: 3}"),
            "x.yaml:1:14: 'lstm' expects a map of options, found '3'");
  EXPECT_EQ(problems_of("cell: null"),
            "x.yaml:1:7: option 'cell' expects the name of a cell or a map 'name: options', found "
            "nothing");
  EXPECT_EQ(problems_of("cell: {lstm: {forget_bias: 11}}"),
            "x.yaml:1:28: option 'forget_bias' must be from -10 to 10, found 11");
}

TEST(Schema, RefusesWhatIsNoMap) {
  EXPECT_EQ(problems_of("[a]"), "x.yaml:1:1: expected a map of options, found a list");
  EXPECT_EQ(problems_of("text"), "x.yaml:1:1: expected a map of options, found 'text'");
}

TEST(Schema, CountsRatherThanListsManyUnknownKeys) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += fmt::format("zzzzzzzzz{}: 1\n", i);
  const std::string problems = problems_of(text);
  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 20);
  EXPECT_THAT(problems, testing::EndsWith("x.yaml:1000:1: 980 more unknown options"));
}

TEST(Schema, OneNameOneOption) {
  Schema<Stopping> schema;
  schema.option("patience", &Stopping::patience, "once");
  EXPECT_THROW(schema.option("patience", &Stopping::patience, "twice"), Error);
}

TEST(Describe, TableForPeople) {
  EXPECT_EQ(describe_text(schema_of<Sample>().description()),
            R"(A sample of every type.

option             type              default     limits                    meaning
peepholes          boolean           false                                 gates see the cell
layers             integer           2           from 1 to 64              stacked
steps              integer           1000        at least 1                updates
seed               integer           1                                     of all streams
dropout            number            0.1         from 0 to 0.9             between layers
rate               number            0.002       above 0 and at most 1     of learning
reset              text              after       one of 'before', 'after'  placement
sizes              list of integers  [1, 2]      at least 1                of kernels
clip               number            null        above 0                   norm
cell               cell              {lstm: {}}                            recurrence
encoder            encoder           null                                  before it
samplers           list of samplers  []                                    side by side
stopping           map                                                     early
stopping.patience  integer           5           at least 1                evaluations
place              map               null                                  one place
place.city         text              (required)                            where
place.zip          integer           10          from 1 to 99              code
places             list of maps      []                                    many places
places.city        text              (required)                            where
places.zip         integer           10          from 1 to 99              code
)");
  EXPECT_EQ(describe_text({"Plain.", {}}), "Plain.\nno options\n");
}

TEST(Describe, JsonForMachines) {
  Schema<Place> schema;
  Place::describe(schema);
  schema.summary("a \"place\"\n");
  EXPECT_EQ(describe_json(schema.description()),
            R"({"summary": "a \"place\"\n", "options": [)"
            R"({"name": "city", "type": "text", "default": null, "required": true, )"
            R"("meaning": "where"}, )"
            R"({"name": "zip", "type": "integer", "default": "10", "required": false, )"
            R"("minimum": 1, "minimum_excluded": false, "maximum": 99, "meaning": "code"}]})");
}

}  // namespace
}  // namespace unroll
