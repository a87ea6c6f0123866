#include <unroll/autodiff/ops_linear_cross_entropy.hpp>

#include <algorithm>
#include <numeric>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/autodiff/product_weights.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/kernels_cross_entropy.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kSmallWeights = 1 << 17;   // elements of w that fit a core's own cache
constexpr std::int64_t kSmallBlock = 256;         // rows, where they do
constexpr std::int64_t kBlockElements = 1 << 22;  // of a block of logits, where they do not
constexpr std::int64_t kFewestRows = 64;          // of such a block

/// What is asked and where the answers go. R rows, K wide, V classes.
struct Work {
  std::int64_t R, K, V, P;  ///< P: V padded
  const float *x, *w, *b;   ///< b [P]
  const std::int32_t* targets;
  /// w and its transpose for products of rounded operands; of nothing where none are rounded.
  Bf16Packed forward, across;
  float scale = 1;      ///< of the gradients
  float* dx = nullptr;  ///< [R, K]; null: no gradients are wanted
  float* losses = nullptr;

  /// Into how many shares rows are cut: one for each thread, unless they are few.
  std::int64_t shares(std::int64_t rows) const {
    return std::clamp<std::int64_t>(rows / 16, 1, Engine::get().threads());
  }

  /// Logits of rows from `begin` on become losses and, if wanted, gradients.
  std::int64_t judge(std::int64_t begin, std::int64_t rows, float* logits, float* db) const {
    kernels::LogitRows block;
    block.rows = rows;
    block.classes = V;
    block.stride = P;
    block.logits = logits;
    block.bias = b;
    block.targets = targets + begin;
    block.scale = scale;
    block.bias_gradient = db;
    return kernels::softmax_cross_entropy(block, losses + begin);
  }
  void forth(std::int64_t begin, std::int64_t rows, float* logits) const {
    if (forward.values.defined()) return gemm_bf16(rows, {x + begin * K, K}, forward, {logits, P});
    gemm(false, false, rows, V, K, 1.0f, x + begin * K, K, w, V, 0.0f, logits, P);
  }
  void back(std::int64_t begin, std::int64_t rows, const float* gradients, float* dw) const {
    if (across.values.defined()) {
      gemm_bf16(rows, {gradients, P}, across, {dx + begin * K, K});
      return gemm_bf16(K, V, rows, {x + begin * K, K, true}, {gradients, P}, {dw, V, true});
    }
    gemm(false, true, rows, K, V, 1.0f, gradients, P, w, V, 0.0f, dx + begin * K, K);
    gemm(true, false, K, V, rows, 1.0f, x + begin * K, K, gradients, P, 1.0f, dw, V);
  }
};

/// Each thread takes its share of the rows through small blocks, with gradients of w and b of its
/// own: dwb [K*V + P] is their sum.
std::int64_t by_thread(const Work& work, float* dwb) {
  const std::int64_t shares = work.shares(work.R), dw_size = work.K * work.V;
  const std::int64_t block_size = kSmallBlock * work.P, size = dw_size + work.P;
  const Tensor logits = Tensor::empty({shares, block_size});
  const Tensor correct = Tensor::zeros({shares}, DType::i32);
  Tensor gradients;
  if (work.dx != nullptr) gradients = Tensor::zeros({shares, size});
  parallel_for(shares, [&](std::int64_t share) {
    float* const block = logits.data<float>() + share * block_size;
    float* const dw = gradients.defined() ? gradients.data<float>() + share * size : nullptr;
    const std::int64_t end = work.R * (share + 1) / shares;
    for (std::int64_t r = work.R * share / shares; r < end; r += kSmallBlock) {
      const std::int64_t rows = std::min(kSmallBlock, end - r);
      work.forth(r, rows, block);
      correct.data<std::int32_t>()[share] += static_cast<std::int32_t>(
          work.judge(r, rows, block, dw == nullptr ? nullptr : dw + dw_size));
      if (dw != nullptr) work.back(r, rows, block, dw);
    }
  });
  if (gradients.defined()) kernels::column_sums(shares, size, gradients.data<float>(), dwb, false);
  const auto counts = correct.span<std::int32_t>();
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// All threads work on one block after another, with one gradient of w.
std::int64_t together(const Work& work, float* dwb) {
  const std::int64_t P = work.P, dw_size = work.K * work.V, most = work.shares(work.R);
  const std::int64_t size = std::max(kFewestRows, kBlockElements / P);
  const Tensor logits = Tensor::empty({std::min(size, work.R), P});
  const Tensor correct = Tensor::zeros({most}, DType::i32);
  Tensor biases;
  if (work.dx != nullptr) {
    biases = Tensor::zeros({most, P});
    std::fill_n(dwb, dw_size, 0.0f);
  }
  float* const block = logits.data<float>();
  for (std::int64_t r = 0; r < work.R; r += size) {
    const std::int64_t rows = std::min(size, work.R - r), shares = work.shares(rows);
    work.forth(r, rows, block);
    parallel_for(shares, [&](std::int64_t share) {
      const std::int64_t first = rows * share / shares, last = rows * (share + 1) / shares;
      float* const db = biases.defined() ? biases.data<float>() + share * P : nullptr;
      correct.data<std::int32_t>()[share] +=
          static_cast<std::int32_t>(work.judge(r + first, last - first, block + first * P, db));
    });
    if (work.dx != nullptr) work.back(r, rows, block, dwb);
  }
  if (biases.defined()) kernels::column_sums(most, P, biases.data<float>(), dwb + dw_size, false);
  const auto counts = correct.span<std::int32_t>();
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// Can it be done block by block? What does not fit is left to the plain operations to refuse.
bool fits(const Graph& graph, Var x, Var w, Var b, const Tensor& targets) {
  const auto rank = x.shape().rank();
  return x.dtype() == DType::f32 && w.dtype() == DType::f32 && b.dtype() == DType::f32 &&
         rank > 0 && w.shape().rank() == 2 && b.shape().rank() == 1 && x.dim(-1) == w.dim(0) &&
         b.dim(0) == w.dim(1) && x.shape().size() > 0 && b.dim(0) > 0 &&
         std::ranges::equal(x.shape().dims().first(rank - 1), targets.shape().dims()) &&
         !graph.ids_of(x).defined();
}

/// How many targets count. Throws if one is no class.
std::int64_t count(const Tensor& targets, std::int64_t V) {
  std::int64_t counted = 0;
  for (const std::int32_t target : targets.span<std::int32_t>()) {
    if (target >= V)
      throw std::invalid_argument(
          fmt::format("cross_entropy: target {} where there are {} classes", target, V));
    counted += target < 0 ? 0 : 1;
  }
  return counted;
}

/// Adds `factor` times the gradient to that of input k.
void pass_scaled(Backward& back, int k, float factor, const Tensor& gradient) {
  if (!back.wants(k)) return;
  bool fresh = false;
  Tensor& to = back.input_gradient(k, fresh);
  fresh ? kernels::scale(to.size(), factor, gradient.data<float>(), to.data<float>())
        : kernels::axpy(to.size(), factor, gradient.data<float>(), to.data<float>());
}

}  // namespace

CrossEntropy linear_cross_entropy(Var x, Var w, Var b, const Tensor& targets) {
  Graph& graph = Graph::of({&x, &w, &b});
  if (!fits(graph, x, w, b, targets)) return cross_entropy(affine(x, w, b), targets);
  const std::int64_t R = x.shape().rows(), K = w.dim(0), V = w.dim(1);
  const std::int64_t P = kernels::padded_classes(V);
  const Tensor bias = Tensor::zeros({P});
  std::copy_n(b.value().data<float>(), V, bias.data<float>());
  Work work{R,
            K,
            V,
            P,
            x.value().data<float>(),
            w.value().data<float>(),
            bias.data<float>(),
            targets.data<std::int32_t>(),
            {},
            {}};
  const ProductWeights weights(graph, w);
  if (weights.rounded) work.forward = weights.packed(false);
  CrossEntropy result;
  result.counted = count(targets, V);
  result.weight = static_cast<double>(result.counted);
  const Tensor losses = Tensor::empty({R});
  work.losses = losses.data<float>();
  Tensor dx, dwb;
  if (graph.recording()) {
    // As a rule the mean is differentiated: gradients of that need no scaling later.
    work.scale =
        static_cast<float>(1.0 / static_cast<double>(std::max<std::int64_t>(result.counted, 1)));
    dx = Tensor::empty(x.shape());
    dwb = Tensor::empty({K * V + P});
    work.dx = dx.data<float>();
    if (weights.rounded) work.across = weights.packed(true);
  }
  float* const gradient = dwb.defined() ? dwb.data<float>() : nullptr;
  result.correct = K * V <= kSmallWeights ? by_thread(work, gradient) : together(work, gradient);
  const double total = kernels::sum(R, work.losses);
  result.total = graph.emit(Tensor::full(Shape{}, total), {x, w, b},
                            [dx, dwb, K, V, scale = work.scale](Backward& back) {
                              const float factor = *back.output_gradient().data<float>() / scale;
                              if (factor == 1.0f)
                                back.pass(0, dx);
                              else
                                pass_scaled(back, 0, factor, dx);
                              pass_scaled(back, 1, factor, dwb.slice(0, K * V));
                              pass_scaled(back, 2, factor, dwb.slice(K * V, K * V + V));
                            });
  return result;
}

}  // namespace unroll
