#include <unroll/model/packed_decoder.hpp>

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <unroll/model/packed_recurrence.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/product_count.hpp>

namespace unroll {
namespace {

using kernels::DecodingRows;

/// Up to so many tokens, what the first layer makes of each embedding is computed beforehand.
constexpr std::int64_t kFoldedTokens = 1024;

/// What choosing a token takes, as multiplications of a product with weights of this form.
std::int64_t choosing_products(WeightFormat format) {
  const std::int64_t in_floats = std::int64_t{1} << 14;
  return format == WeightFormat::f32    ? in_floats
         : format == WeightFormat::bf16 ? 2 * in_floats
                                        : 4 * in_floats;
}

/// What of a core's second cache weights may take, in bytes.
std::int64_t second_cache() {
  constexpr std::int64_t kUsual = std::int64_t{1} << 20;
#ifdef _SC_LEVEL2_CACHE_SIZE
  const std::int64_t size = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return (size > 0 ? size : kUsual) * 3 / 4;
#else
  return kUsual * 3 / 4;
#endif
}

class PackedDecoder final : public Decoder, public WeightFormatChoice {
 public:
  PackedDecoder(const TokenInput& input, std::unique_ptr<PackedRecurrence> recurrence,
                bool residual, const Readout& readout, std::int64_t sequences)
      : input_(input),
        readout_(readout),
        residual_(residual),
        recurrence_(std::move(recurrence)),
        sequences_(sequences) {}
  ~PackedDecoder() override { recurrence_->settle(team_); }

  bool use_format(WeightFormat format) override {
    if (output_.defined()) return false;
    format_ = format;
    return true;
  }

  void reset() override {
    recurrence_->settle(team_);
    rows_ = 0;  // states of zero are made with the next token
  }

  std::span<const float> next(std::span<const TokenId> tokens) override {
    if (!output_.defined()) pack();
    recurrence_->settle(team_);
    if (rows_ == 0) make_room();
    std::copy_n(tokens.begin(), rows_, ids_.begin());
    if (embedded_.values.defined()) {
      for (std::int64_t n = 0; n < rows_; ++n) embed(ids_[static_cast<std::size_t>(n)], n);
      if (format_ == WeightFormat::int8)
        embedded_.quantised.take(embedded_.data(), rows_, embedded_.stride());
    }
    const DecodingRows y = recurrence_->step(team_);
    const std::int64_t outputs = readout_.bias().size();
    const std::int64_t products = rows_ * outputs * recurrence_->hidden();
    count_product(rows_, outputs, recurrence_->hidden());
    const auto columns = [this, &y, back = backwards_](std::int64_t begin, std::int64_t end) {
      kernels::decode_columns(output_, readout_.bias().value().data<float>(), rows_, y,
                              readout_.bias().size(), logits_.data<float>(), {begin, end, back});
    };
    if (PanelTeam::worth_sharing(products)) {
      team_.share(output_.panels(), products, columns);
      recurrence_->ahead(team_, rows_ * choosing_products(format_));
    } else {
      recurrence_->ahead(team_, products + rows_ * choosing_products(format_));
      columns(0, output_.panels());
    }
    backwards_ = !backwards_;
    return logits_.span<float>();
  }

 private:
  void pack() {
    const bool one_hot = input_.table() == nullptr;
    PackedRecurrence::Input input{input_.width(), {}, one_hot};
    const Tensor& W = recurrence_->cell(0).W->value();
    if (one_hot)
      input.table = W;
    else if (folds())
      input.table = folded(W);
    folds_ = input.table.defined();
    recurrence_->pack(input, format_);
    const std::int64_t outputs = readout_.bias().size(), width = recurrence_->hidden();
    output_ = readout_.weights() != nullptr
                  ? PackedMatrix::columns(readout_.weights()->value().data<float>(), width, outputs,
                                          outputs, 1, format_)
                  : PackedMatrix::columns(readout_.table()->value().data<float>(), width, outputs,
                                          1, width, format_);
  }

  /// Is the embedding itself of no use to what follows the first product?
  bool folds() const {
    return input_.vocabulary() <= kFoldedTokens &&
           !(residual_ && input_.width() == recurrence_->cell(0).U->value().dim(0));
  }

  /// E W [V, G*H].
  Tensor folded(const Tensor& W) const {
    const Tensor& E = input_.table()->value();
    Tensor product = Tensor::empty({E.dim(0), W.dim(1)});
    gemm(false, false, E.dim(0), W.dim(1), E.dim(1), 1.0F, E.data<float>(), E.dim(1),
         W.data<float>(), W.dim(1), 0.0F, product.data<float>(), W.dim(1));
    return product;
  }

  void make_room() {
    rows_ = sequences_;
    ids_.assign(static_cast<std::size_t>(rows_), 0);
    logits_ = Tensor::empty({rows_, readout_.bias().size()});
    if (!folds_) embedded_.make(rows_, input_.width());
    const std::int64_t bytes = recurrence_->bytes() + output_.bytes();
    recurrence_->begin(rows_, ids_.data(), folds_ ? nullptr : &embedded_,
                       bytes <= second_cache() * Engine::get().threads());
  }

  void embed(TokenId token, std::int64_t row) {
    const std::int64_t width = input_.width();
    float* const to = embedded_.data() + row * embedded_.stride();
    if (token < 0 || token >= input_.vocabulary())
      std::fill_n(to, width, 0.0F);
    else
      std::copy_n(input_.table()->value().data<float>() + token * width, width, to);
  }

  const TokenInput& input_;
  const Readout& readout_;
  bool residual_, folds_ = false;
  WeightFormat format_ = WeightFormat::f32;
  std::unique_ptr<PackedRecurrence> recurrence_;
  std::int64_t sequences_, rows_ = 0;
  std::vector<TokenId> ids_;  ///< [N]
  PackedMatrix output_;       ///< undefined until the first token
  bool backwards_ = false;
  Activations embedded_;  ///< of embeddings that are not in the first layer's table
  Tensor logits_;         ///< [N, V]
  PanelTeam team_;
};

}  // namespace

PackableCell::~PackableCell() = default;
WeightFormatChoice::~WeightFormatChoice() = default;

std::unique_ptr<Decoder> packed_decoder(const TokenInput& input, const Recurrence& recurrence,
                                        const Readout& readout, std::int64_t sequences) {
  auto packed = PackedRecurrence::make(recurrence);
  if (!packed) return nullptr;
  return std::make_unique<PackedDecoder>(input, std::move(packed), recurrence.options().residual,
                                         readout, sequences);
}

}  // namespace unroll
