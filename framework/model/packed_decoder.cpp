#include <unroll/model/packed_decoder.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <unroll/model/packable_cell.hpp>
#include <unroll/tensor/crew.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/kernels_decoding.hpp>
#include <unroll/tensor/product_count.hpp>

namespace unroll {
namespace {

using kernels::DecodingLayer;
using kernels::DecodingRows;
using kernels::DecodingStep;

/// Multiplications of a product from which threads share it: about a microsecond's.
constexpr std::int64_t kWorthSharing = std::int64_t{1} << 16;
/// Up to so many tokens, what the first layer makes of each embedding is computed beforehand.
constexpr std::int64_t kFoldedTokens = 1024;

std::int64_t padded(std::int64_t width) {
  constexpr std::int64_t kBlock = PackedMatrix::kBlock;
  return (width + kBlock - 1) / kBlock * kBlock;
}

bool is_float(const Parameter* parameter) {
  return parameter == nullptr || parameter->value().dtype() == DType::f32;
}

/// rows [rows, width] with zeros up to the next 16.
Tensor padded_rows(const Tensor& values, std::int64_t rows, std::int64_t width) {
  Tensor wide = Tensor::zeros({rows, padded(width)});
  for (std::int64_t r = 0; r < rows; ++r)
    std::copy_n(values.data<float>() + r * width, width, wide.data<float>() + r * padded(width));
  return wide;
}

/// Activations of N sequences, and the same as int8 weights read them.
struct Activations {
  Tensor values;  ///< [N, padded width]
  QuantisedRows quantised;

  void make(std::int64_t rows, std::int64_t width) {
    values = Tensor::zeros({rows, padded(width)});
  }
  std::int64_t stride() const { return values.dim(1); }
  float* data() const { return values.data<float>(); }
  DecodingRows rows() const { return {data(), stride(), &quantised}; }
};

class PackedDecoder final : public Decoder, public WeightFormatChoice {
 public:
  PackedDecoder(const TokenInput& input, const Recurrence& recurrence, const Readout& readout,
                std::vector<CellWeights> cells, std::int64_t sequences)
      : input_(input),
        readout_(readout),
        residual_(recurrence.options().residual),
        stacked_(recurrence.stacked()),
        cells_(std::move(cells)),
        sequences_(sequences) {}

  bool use_format(WeightFormat format) override {
    if (!layers_.empty()) return false;
    format_ = format;
    return true;
  }

  void reset() override {
    rows_ = 0;  // states of zero are made with the next token
  }

  std::span<const float> next(std::span<const TokenId> tokens) override {
    if (layers_.empty()) pack();
    if (rows_ == 0) make_room(sequences_);
    std::copy_n(tokens.begin(), rows_, ids_.begin());
    if (embedded_.values.defined()) {
      for (std::int64_t n = 0; n < rows_; ++n) embed(ids_[static_cast<std::size_t>(n)], n);
      ready(embedded_);
    }
    for (std::size_t l = 0; l < layers_.size(); ++l) advance(l);
    latest_ = 1 - latest_;
    const std::int64_t outputs = readout_.bias().size(), width = layers_.back().weights.hidden;
    count_product(rows_, outputs, width);
    share(output_.panels(), rows_ * width * outputs, [this](std::int64_t begin, std::int64_t end) {
      kernels::decode_columns(output_, readout_.bias().value().data<float>(), rows_,
                              given(layers_.back(), latest_), readout_.bias().size(),
                              logits_.data<float>(), begin, end);
    });
    return logits_.span<float>();
  }

 private:
  struct Layer {
    DecodingLayer weights;
    Tensor bias, extra, table;     ///< what `weights` points to
    std::array<Activations, 2> h;  ///< by turns that of the step before and the new one
    Tensor memory;                 ///< c of an lstm
    Activations output;            ///< normalised or added to, where it is
    /// By whose turn is before. They do not change: threads that share a step know them already.
    std::array<DecodingStep, 2> steps;
  };

  bool quantises() const { return format_ == WeightFormat::int8; }
  void ready(Activations& activations) {
    if (quantises()) activations.quantised.take(activations.data(), rows_, activations.stride());
  }

  void pack() {
    std::int64_t width = input_.width();
    for (std::size_t l = 0; l < cells_.size(); ++l) {
      layers_.push_back(packed(cells_[l], l == 0, width));
      width = layers_.back().weights.hidden;
    }
    const std::int64_t outputs = readout_.bias().size();
    output_ = readout_.weights() != nullptr
                  ? PackedMatrix::columns(readout_.weights()->value().data<float>(), width, outputs,
                                          outputs, 1, format_)
                  : PackedMatrix::columns(readout_.table()->value().data<float>(), width, outputs,
                                          1, width, format_);
  }

  Layer packed(const CellWeights& cell, bool first, std::int64_t width) const {
    Layer layer;
    DecodingLayer& w = layer.weights;
    w.kind = cell.kind;
    w.hidden = cell.U->value().dim(0);
    const std::int64_t gates = kernels::gates_of(cell.kind), H = w.hidden;
    w.recurrent = PackedMatrix::gates(cell.U->value().data<float>(), H, gates, H, format_);
    layer.bias = padded_rows(cell.b->value(), gates, H);
    w.bias = layer.bias.data<float>();
    if (cell.extra != nullptr) {
      layer.extra = padded_rows(cell.extra->value(), cell.extra->size() / H, H);
      w.extra = layer.extra.data<float>();
    }
    if (first && (input_.table() == nullptr || folds())) {
      layer.table = input_.table() == nullptr ? cell.W->value() : folded(cell.W->value());
      w.table = layer.table.data<float>();
      w.classes = input_.vocabulary();
      w.table_row = gates * H;
      w.table_gate = H;
    } else {
      w.input = PackedMatrix::gates(cell.W->value().data<float>(), width, gates, H, format_);
    }
    return layer;
  }

  /// Is the embedding itself of no use to what follows the first product?
  bool folds() const {
    return input_.vocabulary() <= kFoldedTokens &&
           !(residual_ && input_.width() == cells_.front().U->value().dim(0));
  }

  /// E W [V, G*H].
  Tensor folded(const Tensor& W) const {
    const Tensor& E = input_.table()->value();
    Tensor product = Tensor::empty({E.dim(0), W.dim(1)});
    gemm(false, false, E.dim(0), W.dim(1), E.dim(1), 1.0F, E.data<float>(), E.dim(1),
         W.data<float>(), W.dim(1), 0.0F, product.data<float>(), W.dim(1));
    return product;
  }

  /// What a layer gives when h[turn] is new.
  static DecodingRows given(const Layer& layer, std::size_t turn) {
    return layer.output.values.defined() ? layer.output.rows() : layer.h[turn].rows();
  }

  /// States of zero for so many sequences.
  void make_room(std::int64_t rows) {
    rows_ = rows;
    latest_ = 0;
    ids_.assign(static_cast<std::size_t>(rows), 0);
    logits_ = Tensor::empty({rows, readout_.bias().size()});
    if (layers_.front().weights.table == nullptr) embedded_.make(rows, input_.width());
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      Layer& layer = layers_[l];
      const std::int64_t H = layer.weights.hidden;
      for (Activations& h : layer.h) h.make(rows, H);
      ready(layer.h[latest_]);
      if (kernels::gates_of(layer.weights.kind) == 4)
        layer.memory = Tensor::zeros({rows, padded(H)});
      if (stacked_[l].gain != nullptr || adds_input(l)) layer.output.make(rows, H);
      for (std::size_t turn = 0; turn < 2; ++turn) {
        DecodingStep& step = layer.steps[turn];
        step.rows = rows;
        step.ids = ids_.data();
        step.before = layer.h[turn].rows();
        step.after = layer.h[1 - turn].data();
        step.memory = layer.memory.defined() ? layer.memory.data<float>() : nullptr;
        if (l > 0)
          step.input = given(layers_[l - 1], 1 - turn);
        else if (embedded_.values.defined())
          step.input = embedded_.rows();
      }
    }
  }

  bool adds_input(std::size_t l) const {
    const std::int64_t width = l == 0 ? input_.width() : cells_[l - 1].U->value().dim(0);
    return residual_ && width == cells_[l].U->value().dim(0);
  }

  void embed(TokenId token, std::int64_t row) {
    const std::int64_t width = input_.width();
    float* const to = embedded_.data() + row * embedded_.stride();
    if (token < 0 || token >= input_.vocabulary())
      std::fill_n(to, width, 0.0F);
    else
      std::copy_n(input_.table()->value().data<float>() + token * width, width, to);
  }

  /// One step of a layer.
  void advance(std::size_t l) {
    Layer& layer = layers_[l];
    const DecodingLayer& w = layer.weights;
    const std::int64_t sums = kernels::gates_of(w.kind) * w.hidden;
    const std::int64_t inputs = w.input.defined() ? cells_[l].W->value().dim(0) : 0;
    count_product(rows_, sums, w.hidden + inputs);
    share(w.panels(), rows_ * sums * (w.hidden + inputs),
          [&w, &step = layer.steps[latest_]](std::int64_t begin, std::int64_t end) {
            kernels::decode_layer(w, step, begin, end);
          });
    const Activations& h = layer.h[1 - latest_];
    ready(layer.h[1 - latest_]);
    if (!layer.output.values.defined()) return;
    for (std::int64_t n = 0; n < rows_; ++n) finish(l, h.data() + n * h.stride(), n);
    ready(layer.output);
  }

  /// Normalises a row of h and adds the input, as `Recurrence::run` does.
  void finish(std::size_t l, const float* h, std::int64_t row) {
    Layer& layer = layers_[l];
    const std::int64_t H = layer.weights.hidden;
    float* const y = layer.output.data() + row * layer.output.stride();
    std::copy_n(h, H, y);
    if (stacked_[l].gain != nullptr) {
      const float* const gain = stacked_[l].gain->value().data<float>();
      const float* const bias = stacked_[l].bias->value().data<float>();
      const auto width = static_cast<double>(H);
      const auto mean = static_cast<float>(kernels::sum(H, y) / width);
      for (std::int64_t i = 0; i < H; ++i) y[i] -= mean;
      constexpr double kEpsilon = 1e-5;
      const auto scale =
          static_cast<float>(1 / std::sqrt(kernels::sum_of_squares(H, y) / width + kEpsilon));
      for (std::int64_t i = 0; i < H; ++i) y[i] = y[i] * scale * gain[i] + bias[i];
    }
    if (!adds_input(l)) return;
    const DecodingRows& input = layer.steps[latest_].input;
    const TokenId token = ids_[static_cast<std::size_t>(row)];
    if (input.x != nullptr)
      kernels::add(H, y, input.x + row * input.stride, y);
    else if (token >= 0 && token < H)
      y[token] += 1;  // one-hot
  }

  /// f(begin, end) over panels, by all threads where that is worth it.
  template <typename Function>
  void share(std::int64_t panels, std::int64_t products, const Function& f) {
    const std::int64_t threads = Engine::get().threads();
    if (products < kWorthSharing || threads == 1 || panels == 1) return f(0, panels);
    if (!crew_ || crew_->size() != threads)
      crew_ = std::make_unique<Crew>(static_cast<int>(threads) - 1);
    const std::int64_t parts = std::min({threads, panels, products / (kWorthSharing / 2)});
    crew_->run(static_cast<int>(parts), [f, panels, parts](int part) {
      f(panels * part / parts, panels * (part + 1) / parts);
    });
  }

  const TokenInput& input_;
  const Readout& readout_;
  bool residual_;
  std::vector<Recurrence::Stacked> stacked_;
  std::vector<CellWeights> cells_;
  WeightFormat format_ = WeightFormat::f32;
  std::int64_t sequences_, rows_ = 0;
  std::size_t latest_ = 0;     ///< whose turn of `h` is the step before
  std::vector<TokenId> ids_;   ///< [N]
  std::vector<Layer> layers_;  ///< empty until the first token
  PackedMatrix output_;
  Activations embedded_;  ///< of embeddings that are not in the first layer's table
  Tensor logits_;         ///< [N, V]
  std::unique_ptr<Crew> crew_;
};

}  // namespace

PackableCell::~PackableCell() = default;
WeightFormatChoice::~WeightFormatChoice() = default;

std::unique_ptr<Decoder> packed_decoder(const TokenInput& input, const Recurrence& recurrence,
                                        const Readout& readout, std::int64_t sequences) {
  if (recurrence.options().bidirectional) return nullptr;
  std::vector<CellWeights> cells;
  for (const Recurrence::Stacked& layer : recurrence.stacked()) {
    const auto* const packable = dynamic_cast<const PackableCell*>(&layer.cell);
    const auto weights = packable != nullptr ? packable->cell_weights() : std::nullopt;
    if (!weights || !is_float(weights->W)) return nullptr;
    cells.push_back(*weights);
  }
  return std::make_unique<PackedDecoder>(input, recurrence, readout, std::move(cells), sequences);
}

}  // namespace unroll
