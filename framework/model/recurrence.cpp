#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/model/recurrence.hpp>
#include <unroll/model/recurrence_probe.hpp>

namespace unroll {

struct Recurrence::Layer {
  std::vector<std::unique_ptr<Cell>> directions;  ///< forward, and backward if bidirectional
  std::vector<std::string> paths;                 ///< of their parameters
  Parameter* gain = nullptr;                      ///< of layer_norm
  Parameter* bias = nullptr;

  std::int64_t output_width() const {
    return static_cast<std::int64_t>(directions.size()) * directions.front()->output_width();
  }
};

namespace {

/// x backwards in time; one-hot input stays a list of ids.
Var backwards(Var x) {
  Graph& graph = Graph::of({&x});
  const Tensor ids = graph.ids_of(x);
  if (!ids.defined()) return reverse_time(x);
  Tensor reversed = Tensor::empty(ids.shape(), DType::i32);
  for (std::int64_t t = 0; t < ids.dim(0); ++t) reversed[t].copy_from(ids[ids.dim(0) - 1 - t]);
  return graph.one_hot(reversed, x.dim(-1), x.dtype());
}

}  // namespace

Recurrence::Recurrence(const RecurrenceOptions& options, std::int64_t input_width,
                       const init::Scheme& initial, const Parameters& parameters,
                       const MakeCell& make_cell)
    : options_(options), type_(parameters.dtype()) {
  if (options.layers < 1) fail(Failure::usage, "layers is {}, expected at least 1", options.layers);
  if (options.hidden < 1) fail(Failure::usage, "hidden is {}, expected at least 1", options.hidden);
  std::int64_t width = input_width;
  for (std::int64_t l = 0; l < options.layers; ++l) {
    const Parameters scope = parameters.scope("layer" + std::to_string(l));
    Layer layer;
    for (const char* direction : {"forward", "backward"}) {
      const Parameters place = scope.scope(direction);
      layer.directions.push_back(make_cell({width, options.hidden, initial}, place));
      layer.paths.push_back(place.path());
      if (!options.bidirectional) break;
    }
    width = layer.output_width();
    if (options.layer_norm) {
      layer.gain = &scope.make("norm/gain", {width}, init::constant(1), {"output", {}});
      layer.bias = &scope.make("norm/bias", {width}, init::zeros(), {"output", {}});
    }
    layers_.push_back(std::move(layer));
  }
}

Recurrence::~Recurrence() = default;

std::vector<Recurrence::Stacked> Recurrence::stacked() const {
  std::vector<Stacked> stacked;
  for (const Layer& layer : layers_)
    stacked.push_back({*layer.directions.front(), layer.gain, layer.bias});
  return stacked;
}

std::int64_t Recurrence::output_width() const {
  return layers_.back().output_width();
}

RecurrentState Recurrence::zero_state(Graph& graph, std::int64_t batch) const {
  RecurrentState states;
  for (const Layer& layer : layers_) {
    for (const auto& cell : layer.directions) {
      State& state = states.emplace_back();
      for (const StatePart& part : cell->parts())
        state.push_back(graph.constant(Tensor::zeros({batch, part.width}, type_)));
    }
  }
  return states;
}

Recurrence::Result Recurrence::run(Var x, const RecurrentState& state, RandomStream* dropout,
                                   std::span<const std::int32_t> lengths) {
  if (x.shape().rank() != 3)
    throw std::invalid_argument(
        fmt::format("recurrence: x is {}, expected [T, N, I]", x.shape().text()));
  const std::size_t directions = layers_.front().directions.size();
  if (state.size() != layers_.size() * directions)
    throw std::invalid_argument(fmt::format("recurrence: {} states given, {} expected",
                                            state.size(), layers_.size() * directions));
  if (!lengths.empty() && std::ssize(lengths) != x.dim(1))
    throw std::invalid_argument(fmt::format("recurrence: {} lengths given for the {} lanes of {}",
                                            lengths.size(), x.dim(1), x.shape().text()));
  // Between the layers, sequences of different lengths stay packed.
  std::optional<Packing> packing;
  if (std::ranges::any_of(lengths, [&](auto length) { return length != x.dim(0); })) {
    packing.emplace(x.dim(0), lengths);
    x = pack(x, *packing);
  }
  const auto reversed = [&](Var y) {
    return packing ? reverse_sequences(y, *packing) : backwards(y);
  };
  RecurrenceProbe* const probe = RecurrenceProbe::of(Graph::of({&x}));
  Result result;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    std::vector<Var> outputs;
    for (std::size_t d = 0; d < directions; ++d) {
      Cell& cell = *layer.directions[d];
      const State& before = state[l * directions + d];
      const Var ordered = d == 0 ? x : reversed(x);
      if (probe != nullptr) probe->enter(layer.paths[d]);
      Unrolled unrolled = packing ? cell.run(ordered, *packing, before) : cell.run(ordered, before);
      outputs.push_back(d == 0 ? unrolled.outputs : reversed(unrolled.outputs));
      result.last.push_back(std::move(unrolled.last));
    }
    Var y = outputs.size() == 1 ? outputs.front() : concatenate(outputs);
    if (layer.gain != nullptr) y = unroll::layer_norm(y, *layer.gain, *layer.bias);
    if (options_.residual && x.dim(-1) == y.dim(-1)) y = y + x;
    if (dropout != nullptr && options_.dropout > 0 && l + 1 < layers_.size())
      y = packing && options_.variational
              ? unroll::dropout(y, options_.dropout, *dropout, *packing)
              : unroll::dropout(y, options_.dropout, *dropout, options_.variational);
    x = y;
  }
  result.outputs = packing ? unpack(x, *packing) : x;
  return result;
}

std::vector<Tensor> Recurrence::values(const RecurrentState& state) {
  std::vector<Tensor> values;
  for (const State& parts : state)
    for (const Var& part : parts) values.push_back(part.value());
  return values;
}

RecurrentState Recurrence::from_values(Graph& graph, std::span<const Tensor> values) const {
  RecurrentState states;
  std::size_t next = 0;
  for (const Layer& layer : layers_) {
    for (const auto& cell : layer.directions) {
      State& state = states.emplace_back();
      for (const StatePart& part : cell->parts()) {
        if (next == values.size())
          throw std::invalid_argument("recurrence: too few tensors for a state");
        const Tensor& value = values[next++];
        if (value.shape().rank() != 2 || value.dim(1) != part.width)
          throw std::invalid_argument(fmt::format("recurrence: state '{}' is {}, expected [N, {}]",
                                                  part.name, value.shape().text(), part.width));
        state.push_back(graph.constant(value));
      }
    }
  }
  if (next != values.size())
    throw std::invalid_argument(
        fmt::format("recurrence: {} tensors for a state of {}", values.size(), next));
  return states;
}

}  // namespace unroll
