// --precision: what the weights of a model that writes are kept as.
#pragma once

#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include <unroll/tensor/packed_matrix.hpp>

namespace unroll::cli {

/// Of a text that add_precision has checked.
inline WeightFormat weight_format(std::string_view text) {
  if (text == name_of(WeightFormat::bf16)) return WeightFormat::bf16;
  if (text == name_of(WeightFormat::int8)) return WeightFormat::int8;
  return WeightFormat::f32;
}

inline void add_precision(CLI::App& command, std::string& into) {
  command
      .add_option("--precision", into,
                  "of the weights while writing; bf16 and int8 are faster for large models, and "
                  "predict a little worse")
      ->check(CLI::IsMember({"f32", "bf16", "int8"}))
      ->capture_default_str();
}

}  // namespace unroll::cli
