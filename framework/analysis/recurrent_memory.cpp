#include <unroll/analysis/recurrent_memory.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <unroll/model/recurrence_probe.hpp>

namespace unroll {
namespace {

constexpr double kNearLimit = 0.1;

template <typename Function>
void for_each_value(const Tensor& tensor, Function function) {
  if (tensor.dtype() == DType::f64)
    for (const double value : tensor.span<double>()) function(value);
  else
    for (const float value : tensor.span<float>()) function(static_cast<double>(value));
}

/// The Euclidean norm of each row of [N, W].
std::vector<double> row_norms(const Tensor& tensor) {
  const auto width = static_cast<std::size_t>(tensor.dim(1));
  std::vector<double> norms(static_cast<std::size_t>(tensor.dim(0)));
  std::size_t index = 0;
  for_each_value(tensor, [&](double value) { norms[index++ / width] += value * value; });
  for (double& norm : norms) norm = std::sqrt(norm);
  return norms;
}

class LagWatch final : public RecurrenceProbe {
 public:
  explicit LagWatch(Graph& graph) : graph_(graph) { graph.show_to(this); }
  ~LagWatch() override { graph_.show_to(nullptr); }
  LagWatch(const LagWatch&) = delete;
  LagWatch& operator=(const LagWatch&) = delete;

  void enter(const std::string& layer) override { layer_ = &layers_[layer]; }

  void step(Cell& cell, Var projected, const State& before, const State& after) override {
    for (const Var& part : after) graph_.watch(part);
    layer_->cell = &cell;
    layer_->states.push_back(after);
    count(cell, projected, before);
  }

  RecurrentMemory found(std::int64_t lags) const {
    RecurrentMemory memory;
    for (const auto& [path, layer] : layers_) {
      if (layer.cell == nullptr) continue;
      LayerMemory& view = memory[path];
      const std::vector<StatePart>& parts = layer.cell->parts();
      for (std::size_t i = 0; i < parts.size(); ++i)
        view.gradient_by_lag.emplace_back(parts[i].name, by_lag(layer, i, lags));
      for (const auto& [name, gate] : layer.gates) {
        const auto all = static_cast<double>(std::max<std::int64_t>(gate.all, 1));
        view.saturated[name] = {static_cast<double>(gate.low) / all,
                                static_cast<double>(gate.high) / all};
      }
    }
    return memory;
  }

 private:
  struct Counts {
    std::int64_t low = 0, high = 0, all = 0;
  };
  struct Layer {
    const Cell* cell = nullptr;
    std::vector<State> states;  ///< after each step
    std::map<std::string, Counts> gates;
  };

  /// On a tape of their own, so that the gates are not kept until the end.
  void count(Cell& cell, Var projected, const State& before) {
    aside_.clear();
    State state;
    for (const Var& part : before) state.push_back(aside_.constant(part.value()));
    for (const Gate& gate : cell.run_gates(aside_.constant(projected.value()), state)) {
      Counts& counts = layer_->gates[gate.name];
      counts.all += gate.values.shape().size();
      for_each_value(gate.values.value(), [&](double value) {
        counts.low += value < gate.low + kNearLimit ? 1 : 0;
        counts.high += value > gate.high - kNearLimit ? 1 : 0;
      });
    }
  }

  std::vector<double> by_lag(const Layer& layer, std::size_t part, std::int64_t lags) const {
    std::vector<std::vector<double>> norms;  // [step][sequence]; the longest are in front
    for (const State& state : layer.states)
      norms.push_back(row_norms(graph_.gradient(state[part])));
    std::vector<double> sums(static_cast<std::size_t>(lags)), counts(sums.size());
    const std::size_t sequences = norms.front().size();
    for (std::size_t n = 0; n < sequences; ++n) {
      std::size_t last = 0;  // one behind the last step that matters
      for (std::size_t t = 0; t < norms.size() && n < norms[t].size(); ++t)
        if (norms[t][n] > 0) last = t + 1;
      for (std::size_t k = 0; k < sums.size() && k < last; ++k) {
        sums[k] += norms[last - 1 - k][n];
        counts[k] += 1;
      }
    }
    for (std::size_t k = 0; k < sums.size(); ++k)
      sums[k] = counts[k] > 0 ? sums[k] / counts[k] : std::numeric_limits<double>::quiet_NaN();
    return sums;
  }

  Graph& graph_;
  Graph aside_{Graph::Mode::infer};
  std::map<std::string, Layer> layers_;
  Layer* layer_ = nullptr;
};

/// Without all targets but the last of each sequence.
Tensor last_targets(const Tensor& targets) {
  const std::int64_t steps = targets.dim(0), lanes = targets.dim(1);
  const auto* from = targets.data<TokenId>();
  Tensor last = Tensor::full(targets.shape(), -1, DType::i32);
  for (std::int64_t n = 0; n < lanes; ++n)
    for (std::int64_t t = steps; t-- > 0;)
      if (from[t * lanes + n] >= 0) {
        last.data<TokenId>()[t * lanes + n] = from[t * lanes + n];
        break;
      }
  return last;
}

}  // namespace

RecurrentMemory recurrent_memory(Architecture& architecture, const Batch& batch,
                                 std::int64_t lags) {
  Batch asked = batch;
  if (batch.targets.defined()) asked.targets = last_targets(batch.targets);
  Graph graph;
  LagWatch watch(graph);
  Carry carry;
  const Outcome outcome = architecture.run(graph, asked, carry, nullptr);
  // The loss is the mean over the sequences: this makes it that of each on its own.
  if (outcome.loss.defined())
    graph.backward(outcome.loss, static_cast<double>(std::max<std::int64_t>(outcome.counted, 1)));
  return watch.found(lags);
}

double memory_length(const std::vector<double>& gradient_by_lag) {
  double sum = 0, weighted = 0;
  for (std::size_t k = 0; k < gradient_by_lag.size(); ++k) {
    if (std::isnan(gradient_by_lag[k])) continue;
    sum += gradient_by_lag[k];
    weighted += static_cast<double>(k) * gradient_by_lag[k];
  }
  return sum > 0 ? weighted / sum : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace unroll
