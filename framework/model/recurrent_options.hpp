// The options that every recurrent architecture has, and what they make.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <unroll/config/schema.hpp>
#include <unroll/model/component_factory.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/model/recurrence.hpp>

namespace unroll {

/// How weights begin.
struct InitialOptions {
  using Options = InitialOptions;
  std::string scheme = "default";
  double scale = 0.08;

  InitialOptions();
  static void describe(Schema<InitialOptions>& schema);

  init::Scheme as_scheme() const { return {scheme, scale}; }
};

/// Base of an architecture's options.
struct RecurrentOptions {
  PluginChoice cell{"lstm", {}, {}};
  std::int64_t hidden = 128;
  std::int64_t layers = 1;
  double dropout = 0;
  bool variational = false;
  bool residual = false;
  bool layer_norm = false;
  InitialOptions initial;

  RecurrentOptions();

  /// Adds them to the schema of options derived from these.
  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("cell", &O::cell, "what is unrolled").kind("cell");
    schema.option("hidden", &O::hidden, "units of each layer, H").range(1, 65536);
    schema.option("layers", &O::layers, "stacked cells").range(1, 64);
    schema.option("dropout", &O::dropout, "between layers (Zaremba 2014, arXiv 1409.2329)")
        .range(0, 0.95);
    schema.option("variational", &O::variational, "one mask a window (Gal 2016, arXiv 1512.05287)");
    schema.option("residual", &O::residual, "add each layer's input to its output");
    schema.option("layer_norm", &O::layer_norm, "normalise each layer's output");
    schema.option("initial", &O::initial, "how weights begin");
  }

  /// A stack of these cells for inputs of that width.
  std::unique_ptr<Recurrence> make(std::int64_t input_width, bool bidirectional,
                                   const ComponentFactory& factory,
                                   const Parameters& parameters) const;
};

}  // namespace unroll
