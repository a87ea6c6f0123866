// What writes a text, as two ONNX graphs: one that reads what is given, one that writes a token.
//
// The first gives all that the second is fed with: the state `h` (and `c`), `context` that every
// step reads, and with attention `memory` and `keys`. The second takes them and the last `token`,
// gives the `logits` of the next one and the new state, `h_n` (and `c_n`).
#pragma once

#include "onnx_layers.hpp"

namespace unroll {

/// Less than any logit or score: what masked positions count as.
inline constexpr float kBelowAll = -3.0e38F;

/// Attention at PATH.
class OnnxAttention {
 public:
  OnnxAttention(const OnnxLayers& layers, std::string path)
      : layers_(layers), path_(std::move(path)) {}

  /// memory [S, N, M] -> what queries are compared with.
  OnnxValue keys(const OnnxValue& memory) const;
  /// query [N, Q] -> [N, A] (additive) or as it is.
  OnnxValue query(const OnnxValue& query) const;

  struct Focus {
    OnnxValue context;  ///< [N, M]
    OnnxValue weights;  ///< [S, N]
  };
  /// `asked` from `query`; `mask` [S, N] is true where a position counts.
  Focus look(const OnnxValue& asked, const OnnxValue& keys, const OnnxValue& memory,
             const OnnxValue& mask) const;

 private:
  bool additive() const { return layers_.has(path_ + "/v"); }

  const OnnxLayers& layers_;
  std::string path_;
};

/// Inputs `h` [rows, batch, H] and for an LSTM `c`.
OnnxRecurrence::State state_inputs(OnnxGraph& graph, const OnnxRecurrence& recurrence);
/// Outputs `h_n` and `c_n`, or, as the beginning of a text, `h` and `c`.
void state_outputs(OnnxGraph& graph, const OnnxRecurrence& recurrence,
                   const OnnxRecurrence::State& state, const char* suffix = "_n");

void one_to_many_encoder(const OnnxLayers& layers);
void seq2seq_encoder(const OnnxLayers& layers);
void decoder_step(const OnnxLayers& layers);

}  // namespace unroll
