#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include <unroll/config/include.hpp>
#include <unroll/config/load.hpp>
#include <unroll/config/override.hpp>
#include <unroll/config/yaml.hpp>
#include "results/scratch.hpp"

namespace unroll {
namespace {

Node yaml(const std::string& text) {
  Problems problems;
  return load_yaml_text(text, "x.yaml", problems);
}

std::string merged(const std::string& under, const std::string& over) {
  return to_flow_yaml(merge(yaml(under), yaml(over)));
}

/// Sets one path; gives the tree, or the problems.
std::string with_set(const std::string& text, const std::string& assignment) {
  Problems problems;
  const Node changed = apply_override(yaml(text), assignment, problems);
  return problems.empty() ? to_flow_yaml(changed) : problems.text();
}

class LoadExperiment : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  LoadedExperiment load(const std::string& name, std::vector<std::string> overrides = {}) {
    Problems problems;
    auto loaded = load_experiment(folder_ / name, overrides, problems);
    problems_ = short_names(problems.text());
    return loaded;
  }
  std::string short_names(std::string text) const {
    const std::string prefix = folder_.path().string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  Scratch folder_;
  std::string problems_;
};

TEST(Merge, MapsMergeAndTheRestReplaces) {
  EXPECT_EQ(merged("{a: {x: 1, y: 2}, b: [1, 2]}", "{a: {y: 3}, b: [4], c: 5}"),
            "{a: {x: 1, y: 3}, b: [4], c: 5}");
  EXPECT_EQ(merged("{training: {epochs: 3}}", "{training: {batch: 4}}"),
            "{training: {epochs: 3, batch: 4}}");
  EXPECT_EQ(merged("{a: {x: 1}}", "{a: null}"), "{a: null}");
}

TEST(Merge, AnotherPluginReplacesTheChoice) {
  EXPECT_EQ(merged("{cell: {lstm: {peepholes: true}}}", "{cell: {gru: {}}}"), "{cell: {gru: {}}}");
  EXPECT_EQ(merged("{cell: {lstm: {peepholes: true}}}", "{cell: {gru: }}"), "{cell: {gru: null}}");
  EXPECT_EQ(merged("{cell: {lstm: {peepholes: true}}}", "{cell: gru}"), "{cell: gru}");
  EXPECT_EQ(merged("{cell: {lstm: {peepholes: true}}}", "{cell: {lstm: {bias: 1}}}"),
            "{cell: {lstm: {peepholes: true, bias: 1}}}");
  EXPECT_EQ(merged("{decoder_cell: {lstm: {}}}", "{decoder_cell: {gru: {}}}"),
            "{decoder_cell: {gru: {}}}");
  EXPECT_EQ(merged("{model: {one_to_one: {hidden: 3}}}", "{model: {many_to_many: {}}}"),
            "{model: {many_to_many: {}}}");
  // Two settings of the short form of data, not two datasets.
  EXPECT_EQ(merged("{data: {dataset: text}}", "{data: {corpus: x.txt}}"),
            "{data: {dataset: text, corpus: x.txt}}");
}

TEST(Override, SetsValuesAlongAPath) {
  EXPECT_EQ(with_set("{seed: 1}", "seed=3"), "{seed: 3}");
  EXPECT_EQ(with_set("{}", "training.early.patience=2"), "{training: {early: {patience: 2}}}");
  EXPECT_EQ(with_set("{a: {b: }}", "a.b.c=[1, 2]"), "{a: {b: {c: [1, 2]}}}");
  EXPECT_EQ(with_set("{a: 1}", "a="), "{a: null}");
  EXPECT_EQ(with_set("{a: 1}", "a=x=y"), "{a: x=y}");
  EXPECT_EQ(with_set("{a: 1}", "a=\"1\""), "{a: \"1\"}");
  EXPECT_EQ(with_set("{l: [1, 2]}", "l.1=5"), "{l: [1, 5]}");
  EXPECT_EQ(with_set("{l: [1, 2]}", "l.2=5"), "{l: [1, 2, 5]}");
}

TEST(Override, ChoosesPlugins) {
  const std::string text =
      "{m: {cell: {lstm: {peepholes: true}}, samplers: [greedy, {top: {k: 1}}]}}";
  EXPECT_EQ(with_set(text, "m.cell=gru"), "{m: {cell: gru, samplers: [greedy, {top: {k: 1}}]}}");
  EXPECT_EQ(with_set(text, "m.cell.gru.reset=before"),
            "{m: {cell: {gru: {reset: before}}, samplers: [greedy, {top: {k: 1}}]}}");
  EXPECT_EQ(with_set(text, "m.cell.lstm.bias=2"),
            "{m: {cell: {lstm: {peepholes: true, bias: 2}}, samplers: [greedy, {top: {k: 1}}]}}");
  EXPECT_EQ(with_set(text, "m.samplers.0.temperature.t=2"),
            "{m: {cell: {lstm: {peepholes: true}}, samplers: [{temperature: {t: 2}}, {top: {k: "
            "1}}]}}");
  EXPECT_EQ(with_set(text, "m.samplers.1.temperature.t=2"),
            "{m: {cell: {lstm: {peepholes: true}}, samplers: [greedy, {temperature: {t: 2}}]}}");
}

TEST(Override, SaysWhatIsWrong) {
  EXPECT_EQ(with_set("{}", "seed"),
            "--set seed: expected a path and a value, as in --set training.batch=32");
  EXPECT_EQ(with_set("{}", "=3"),
            "--set =3: expected a path and a value, as in --set training.batch=32");
  EXPECT_EQ(with_set("{}", "a..b=3"), "--set a..b=3: the path 'a..b' has an empty part");
  EXPECT_EQ(with_set("{l: [1]}", "l.2=3"),
            "--set l.2=3: '2' is no item of a list of 1; items count from 0");
  EXPECT_EQ(with_set("{l: [1]}", "l.x=3"),
            "--set l.x=3: 'x' is no item of a list of 1; items count from 0");
  EXPECT_EQ(with_set("{}", "a=[1"),
            "--set a=[1: the list that begins here with '[' is not closed by ']'");
  EXPECT_EQ(with_set("{}", "a={b: 1, b: 2}"), "--set a={b: 1, b: 2}: duplicate key 'b'");
}

TEST(Override, MarksNameTheCommandLine) {
  Problems problems;
  const Node changed = apply_override(yaml("{}"), "a.b={c: 1}", problems);
  EXPECT_EQ(changed.find("a")->mark().text(), "--set a.b={c: 1}");
  EXPECT_EQ(changed.find("a")->find("b")->find("c")->mark().text(), "--set a.b={c: 1}");
}

TEST_F(LoadExperiment, ComposesIncludesDefaultsAndOverrides) {
  write("defaults.yaml", "threads: 2\nseed: 9\n");
  write("shared/base.yaml", "include: deeper/base.yaml\nmodel: {cell: {lstm: {bias: 1}}}\n");
  write("shared/deeper/base.yaml", "seed: 1\ntraining: {epochs: 3, batch: 8}\n");
  write("long.yaml", "training: {epochs: 30}\n");
  write("x.yaml", "include: [shared/base.yaml, long.yaml]\nmodel: {cell: gru}");
  ::setenv("UNROLL_DEFAULTS", (folder_ / "defaults.yaml").c_str(), 1);
  const auto loaded = load("x.yaml", {"training.batch=16", "note='two\n\nlines'"});
  ::unsetenv("UNROLL_DEFAULTS");
  EXPECT_EQ(problems_, "");
  EXPECT_EQ(to_flow_yaml(loaded.root),
            "{threads: 2, seed: 1, training: {epochs: 30, batch: 16}, model: {cell: gru}, "
            "note: \"two\\nlines\"}");
  EXPECT_EQ(short_names(loaded.root.find("threads")->mark().text()), "defaults.yaml:1:10");
  EXPECT_EQ(short_names(loaded.root.find("seed")->mark().text()), "shared/deeper/base.yaml:1:7");
  std::string files;
  for (const auto& file : loaded.files) files += short_names(file) + " ";
  EXPECT_EQ(files, "defaults.yaml x.yaml shared/base.yaml shared/deeper/base.yaml long.yaml ");
  EXPECT_EQ(loaded.source_text,
            "include: [shared/base.yaml, long.yaml]\nmodel: {cell: gru}\n"
            "# --set training.batch=16\n# --set note='two\\n\\nlines'\n");
}

TEST_F(LoadExperiment, IncludesThatCannotBe) {
  write("a.yaml", "include: sub/b.yaml\nseed: 1\n");
  write("sub/b.yaml", "include: ../a.yaml\n");
  load("a.yaml");
  EXPECT_EQ(problems_,
            "sub/b.yaml:1:10: include goes round in a circle: a.yaml -> sub/b.yaml -> a.yaml");
  write("self.yaml", "include: self.yaml\n");
  load("self.yaml");
  EXPECT_EQ(problems_, "self.yaml:1:10: include goes round in a circle: self.yaml -> self.yaml");
  write("c.yaml", "include: [nope.yaml, {x: 1}]\na: 1\na: 2\n");
  load("c.yaml", {"b.=1"});
  EXPECT_EQ(problems_,
            "c.yaml:1:22: include expects the path of a YAML file, or a list of them\n"
            "c.yaml:3:1: duplicate key 'a', first given at 2:1\n"
            "nope.yaml: cannot be read: No such file or directory\n"
            "--set b.=1: the path 'b.' has an empty part");
  write("list.yaml", "[1]\n");
  load("list.yaml");
  EXPECT_EQ(problems_, "list.yaml:1:1: an experiment is a map of options");
}

// Each file includes the next twice: 2^20 readings without a limit.
TEST_F(LoadExperiment, FilesAreCounted) {
  for (int i = 0; i < 20; ++i) {
    write(fmt::format("f{}.yaml", i), fmt::format("include: [f{}.yaml, f{}.yaml]\n", i + 1, i + 1));
  }
  write("f20.yaml", "a: 1\n");
  load("f0.yaml");
  EXPECT_THAT(problems_, testing::HasSubstr("more than 64 included files"));
}

TEST(Override, APathThatIsNoTextIsRefused) {
  Problems problems;
  const Node changed = apply_override(yaml("{a: 1}"), "\xff.b=1", problems);
  EXPECT_THAT(problems.text(), testing::HasSubstr("is not UTF-8"));
  EXPECT_EQ(changed.find("\xff"), nullptr);
}

}  // namespace
}  // namespace unroll
