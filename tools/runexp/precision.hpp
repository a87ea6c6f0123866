// --precision: what the weights of a model that writes are kept as.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace unroll::cli {

inline void add_precision(CLI::App& command, std::string& into, const std::string& unless_given) {
  command
      .add_option("--precision", into,
                  "of the weights while writing; bf16 and int8 are faster for large models, and "
                  "predict a little worse (default: " +
                      unless_given + ")")
      ->check(CLI::IsMember({"f32", "bf16", "int8"}));
}

}  // namespace unroll::cli
