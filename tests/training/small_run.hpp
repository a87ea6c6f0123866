// A small experiment on a text of a few kilobytes, in a folder of its own.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <unroll/config/override.hpp>
#include <unroll/config/yaml.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/training/trainer.hpp>

#include "paths.hpp"

namespace unroll::testing_room {

namespace fs = std::filesystem;

inline const Registry& registry() {
  static const Registry all({test::plugins()});
  return all;
}

/// Removed with everything in it at the end.
class Folder {
 public:
  Folder() {
    static int number = 0;
    path_ = fs::temp_directory_path() /
            ("unroll-training-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Sentences from a tiny grammar: learnable, not constant.
inline std::string some_text(std::size_t length) {
  const char* subjects[] = {"the cat", "a dog", "my aunt", "the old sailor", "nobody"};
  const char* verbs[] = {" saw ", " heard ", " met ", " forgot "};
  std::string text;
  RandomStream random(5, "text");
  while (text.size() < length)
    text += std::string(subjects[random.below(5)]) + verbs[random.below(4)] +
            subjects[random.below(5)] + (random.below(3) == 0 ? ".\n" : ", ");
  text.resize(length);
  return text;
}

/// Reads an experiment; mistakes fail the test that asked.
inline ExperimentOptions experiment(const std::string& yaml) {
  Problems problems;
  const Node root = load_yaml_text(yaml, "test.yaml", problems);
  problems.throw_if_any();
  ExperimentOptions options = read_experiment(root, registry(), problems);
  problems.throw_if_any();
  return options;
}

/// Trains on one thread; `training` is more of that section, one indented line each.
inline ExperimentOptions small_experiment(const fs::path& text, const std::string& model = {},
                                          const std::string& training = {}) {
  return experiment(
      "experiment: small\nseed: 3\nthreads: 1\n"
      "data: {dataset: text, files: [" +
      text.string() +
      "], validation: 0.1}\n"
      "model: {many_to_many: {cell: lstm, hidden: 12, layers: 2" +
      model +
      "}}\n"
      "training:\n"
      "  batch: 4\n  window: 10\n  optimizer: {adam: {learning_rate: 0.01}}\n  clip_norm: 5\n" +
      training +
      "generate: {prompt: \"the \", length: 20, samplers: [greedy, {temperature: {temperature: "
      "0.8}}]}\n");
}

inline RunWriter writer_for(const fs::path& path, Trainer& trainer) {
  RunRecord record;
  record.experiment = trainer.options().experiment;
  record.config_resolved = to_yaml(resolved(trainer.options()));
  record.vocabulary = trainer.model().domain->save();
  record.created = "2026-01-01T00:00:00Z";
  record.run_id = "test";
  return RunWriter::create(path, std::move(record));
}

/// Sets a flag after so many steps, as Ctrl-C would.
class Interrupter final : public Observer {
 public:
  explicit Interrupter(std::int64_t after) : after_(after) {}
  void on_step(const Progress& progress) override {
    last = progress;
    if (progress.step == after_) flag = 1;
  }
  void on_evaluation(const EvaluationReport& report) override { evaluations.push_back(report); }
  void on_samples(const std::vector<SampleReport>& reports) override { samples = reports; }
  void on_early_stop(std::int64_t step, std::int64_t) override { early_stop = step; }

  StopFlag flag = 0;
  Progress last;
  std::vector<EvaluationReport> evaluations;
  std::vector<SampleReport> samples;
  std::int64_t early_stop = -1;

 private:
  std::int64_t after_;
};

}  // namespace unroll::testing_room
