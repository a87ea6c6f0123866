// Text decoder: writes a text token by token, given a state to begin with and, if wanted, something
// to look at. What `one_to_many` and `seq2seq` share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <unroll/model/architecture.hpp>
#include <unroll/model/attention.hpp>
#include <unroll/model/recurrent_options.hpp>
#include <unroll/model/token_layers.hpp>

namespace unroll {

/// Base of the options of architectures that write.
struct TextDecoderOptions : RecurrentOptions {
  std::int64_t embedding = 128;
  bool tied = false;
  double input_dropout = 0;
  double output_dropout = 0;
  std::int64_t output_width = 0;
  double teacher_forcing = 1;
  double label_smoothing = 0;

  template <typename O>
  static void describe_all(Schema<O>& schema) {
    RecurrentOptions::describe_all(schema);
    schema.option("embedding", &O::embedding, "learnt width of a token, E; 0: one-hot")
        .range(0, 65536);
    schema.option("tied", &O::tied,
                  "the output shares the embedding of what is written (needs output_width = E, or "
                  "E = H)");
    schema.option("input_dropout", &O::input_dropout, "of the embeddings").range(0, 0.95);
    schema.option("output_dropout", &O::output_dropout, "before the output").range(0, 0.95);
    schema
        .option("output_width", &O::output_width,
                "a tanh layer of this width before the logits; 0: none")
        .range(0, 65536);
    schema
        .option("teacher_forcing", &O::teacher_forcing,
                "share of training steps whose input is the true token rather than the model's own "
                "(scheduled sampling, Bengio et al. 2015, arXiv 1506.03099)")
        .range(0, 1);
    schema
        .option("label_smoothing", &O::label_smoothing,
                "part of a target that is spread over all tokens (Szegedy 2016, arXiv 1512.00567)")
        .range(0, 0.9);
  }
};

/// How a decoder looks at a memory.
struct AttentionUse {
  AttentionOptions options;
  /// before: by the state before a step, and what is seen enters the step (Bahdanau et al. 2015);
  /// after: by the state after it (Luong et al. 2015).
  bool before = true;
  /// after: the next step reads what was seen (Luong et al. 2015, section 3.3).
  bool input_feeding = false;
};

class TextDecoder {
 public:
  /// What a text is written from.
  struct Given {
    RecurrentState state;                     ///< to begin with
    Var context;                              ///< [N, C] read at every step, or undefined
    std::optional<Attention::Memory> memory;  ///< to look at
  };
  struct Sizes {
    std::int64_t vocabulary = 0;
    std::int64_t context = 0;         ///< C; 0: none
    std::int64_t memory = 0;          ///< M; 0: none
    const char* axis = "vocabulary";  ///< what the tokens count, for the weights' notes
  };

  TextDecoder(const TextDecoderOptions& options, const Sizes& sizes,
              const std::optional<AttentionUse>& attention, const ComponentFactory& factory,
              const Parameters& parameters);

  const Recurrence& recurrence() const noexcept { return *recurrence_; }
  /// Looks at a memory [S, N, M]. Only where there is attention.
  Attention::Memory remember(Var memory, std::span<const std::int32_t> lengths) const;

  /// The mean loss of batch.targets [U, N], given the tokens before them.
  Outcome run(Graph& graph, const Given& given, const Batch& batch, RandomStream* dropout) const;

  /// A decoder for generation, which asks `give` once a batch.
  using Give = std::function<Given(Graph& graph, const Batch& batch)>;
  std::unique_ptr<Decoder> decoder(std::int64_t sequences, Give give) const;

 private:
  class Steps;
  /// What goes on from step to step.
  struct Running {
    RecurrentState state;
    Var fed;  ///< [N, Y] of input feeding
  };

  /// One step: tokens [N] -> [N, Y], what the readout reads.
  Var step(const Given& given, Running& running, Var token, RandomStream* dropout) const;
  /// All steps at once, where none depends on what another has seen: tokens [U, N, E] -> [U, N, Y].
  Var all_steps(const Given& given, Var tokens, RandomStream* dropout) const;
  Var before_readout(Var state, Var seen, Var token, RandomStream* dropout) const;
  Var step_by_step(Graph& graph, const Given& given, const Tensor& previous,
                   RandomStream* dropout) const;
  Running begin(Graph& graph, const Given& given, std::int64_t lanes) const;
  bool looks_before() const { return attention_ && use_.before; }
  bool feeds() const { return attention_ && use_.input_feeding && !use_.before; }

  TextDecoderOptions options_;
  Sizes sizes_;
  AttentionUse use_;
  DType type_;
  std::int64_t width_ = 0;  ///< Y
  TokenInput input_;
  std::unique_ptr<Recurrence> recurrence_;
  std::unique_ptr<Attention> attention_;
  Parameter* output_W_ = nullptr;  ///< of the tanh layer, if there is one
  Parameter* output_b_ = nullptr;
  std::unique_ptr<Readout> readout_;
};

}  // namespace unroll
