// The layers of a run as nodes of an ONNX graph.
#pragma once

#include <optional>

#include <unroll/model/domain.hpp>

#include "model_layers.hpp"
#include "onnx_graph.hpp"

namespace unroll {

/// A model on its way into one or two graphs.
struct OnnxSource {
  const Archive& weights;
  Choice model;
  Domain domain;
};

/// What one graph is made with: a source, and where its nodes go.
class OnnxLayers {
 public:
  OnnxLayers(const OnnxSource& source, OnnxGraph& graph) : source_(source), graph_(graph) {}

  OnnxGraph& graph() const noexcept { return graph_; }
  const OnnxSource& source() const noexcept { return source_; }
  bool has(const std::string& weight) const { return source_.weights.has(weight); }
  OnnxValue weight(const std::string& name) const;
  std::int64_t size(const std::string& name, std::size_t axis) const;

  /// ids [...] -> [..., width]: rows of the table at PATH/E, or one-hot rows of `vocabulary`. Ids
  /// below 0 are padding and give zeros.
  OnnxValue tokens(const OnnxValue& ids, const std::string& path, std::int64_t vocabulary) const;
  /// y [..., H] -> [..., outputs] by PATH/W and PATH/b, or by the table beside it where it is tied.
  OnnxValue readout(const OnnxValue& y, const std::string& path) const;
  /// What a dataset gives -> what the model reads: scaled, where the run scales.
  OnnxValue scaled_features(const OnnxValue& features) const;
  /// The inverse of the scaling of values.
  OnnxValue own_units(const OnnxValue& values) const;
  /// An encoder plugin at PATH: features -> [N, width].
  OnnxValue encoder(const OnnxValue& features, const Choice& encoder,
                    const std::string& path) const;

  /// [steps, N], true where a step counts; lengths [N].
  OnnxValue mask(const OnnxValue& sequence, const OnnxValue& lengths) const;

 private:
  OnnxValue dense(OnnxValue x, const std::string& path, const char* activation) const;
  OnnxValue convolutions(OnnxValue x, const Choice& encoder, const std::string& path) const;

  const OnnxSource& source_;
  OnnxGraph& graph_;
};

/// The recurrence at `path`.
class OnnxRecurrence {
 public:
  /// Throws Error(usage) naming what ONNX cannot say.
  OnnxRecurrence(const OnnxLayers& layers, std::string path);

  /// The parts of a state, [layers * directions, N, width], in ONNX's order: forward and backward
  /// of the first layer, of the second, ….
  struct State {
    OnnxValue h, c;  ///< c is empty but for an LSTM
  };
  struct Result {
    OnnxValue outputs;  ///< [T, N, directions * H]
    State last;
    OnnxValue top;  ///< the last h of the uppermost layer, [N, directions * H]
  };
  /// x [T, N, I]. `lengths` [N] (int64) may be empty, and so may the parts of `state`: zeros.
  Result run(OnnxValue x, const OnnxValue& lengths, const State& state) const;

  std::int64_t layers() const noexcept { return stack_.layers; }
  std::int64_t parts() const noexcept { return lstm_ ? 2 : 1; }
  std::int64_t rows() const noexcept { return stack_.layers * stack_.directions; }
  std::int64_t width() const noexcept { return hidden_; }         ///< of h
  std::int64_t memory_width() const noexcept { return memory_; }  ///< of an LSTM's c

 private:
  /// One layer, its state given as [directions, N, width] or empty.
  struct LayerResult {
    OnnxValue outputs;  ///< [T, N, directions * H]
    State last;         ///< [directions, N, width]
  };
  /// By ONNX's own operator.
  LayerResult fused(std::int64_t layer, const OnnxValue& x, const OnnxValue& lengths,
                    const State& state) const;
  /// Step by step, which an LSTM with a projection needs.
  LayerResult stepped(std::int64_t layer, const OnnxValue& x, const OnnxValue& lengths,
                      const State& state) const;
  /// One direction of it; the state's parts are [N, width].
  LayerResult projected(const std::string& place, bool backward, const OnnxValue& x,
                        const OnnxValue& lengths, const State& state) const;
  OnnxValue stacked(std::int64_t layer, const char* name) const;
  OnnxValue biases(std::int64_t layer) const;
  OnnxValue peepholes(std::int64_t layer) const;
  std::string place(std::int64_t layer, std::int64_t direction) const;

  const OnnxLayers& layers_;
  std::string path_;
  Stack stack_;
  Choice cell_;
  bool lstm_;
  std::int64_t hidden_, memory_;
  std::vector<std::size_t> order_;  ///< of ONNX's gates among the run's; empty for one block
};

}  // namespace unroll
