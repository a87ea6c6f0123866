// What the parts of `runexp sample` share: a run's model and what was asked of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/plugin/registry.hpp>
#include <unroll/tensor/packed_matrix.hpp>
#include <unroll/training/model.hpp>

namespace unroll::cli {

/// A run's model and how to write with it.
struct Writer {
  std::unique_ptr<Registry> registry;
  ExperimentOptions experiment;
  Model model;
  std::string run;                 ///< its file
  std::string prompt;              ///< empty: none was given
  std::string data;                ///< a file whose examples are answered; empty: none
  std::vector<std::int64_t> rows;  ///< of it, from 1; empty: all
  std::int64_t length = 300;
  std::int64_t count = 1;
  std::uint64_t seed = 1;
  std::vector<PluginChoice> samplers;
  WeightFormat precision = WeightFormat::f32;
  bool json = false;

  std::string label_of(const PluginChoice& choice) const {
    return label("sampler", choice, *registry);
  }
};

/// Throws Error(usage) if the prompt is not UTF-8.
void check_utf8(std::string_view prompt);
/// Says which characters or words of a prompt the model does not know.
void warn_of_unknown(const Model& model, std::string_view prompt);

/// Goes on from the prompt, with every sampler.
int write_samples(const Writer& writer);
/// Keeps a prompt open: goes on from every line, or answers it.
int converse(Writer& writer);

/// What the model says of the prompt, or of the examples of a file: classes with their
/// probabilities, numbers, tags, or a text by every sampler.
int give_answers(const Writer& writer);

}  // namespace unroll::cli
