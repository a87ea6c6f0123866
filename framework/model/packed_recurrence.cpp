#include <unroll/model/packed_recurrence.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/product_count.hpp>

namespace unroll {

using kernels::DecodingRows;
using kernels::DecodingStep;

namespace {

/// What a unit's nonlinearities cost, as multiplications of a product.
constexpr std::int64_t kGateProducts = 32;

bool is_float(const Parameter* parameter) {
  return parameter == nullptr || parameter->value().dtype() == DType::f32;
}

}  // namespace

/// A step of a layer, for some of its units.
struct PackedRecurrence::LayerJob {
  const Layer* layer;
  std::uint8_t turn, way;
  bool input_backwards, backwards;

  void operator()(std::int64_t begin, std::int64_t end) const {
    const Layer::Ways& ways = layer->ways[turn];
    if (way == kInputBefore)
      kernels::decode_products(layer->packed.input, ways[kBoth].rows, ways[kBoth].input.rows,
                               layer->input_sums.data<float>(), {begin, end, input_backwards});
    kernels::decode_layer(layer->packed.gates, ways[way], {begin, end, backwards});
  }
};

void PackedRecurrence::AheadJob::operator()(int part, int parts) const {
  const auto border = [&](int p) -> std::int64_t {
    return p == 0 ? 0 : own + (panels - own) * (p - 1) / (parts - 1);
  };
  const std::int64_t begin = border(part), end = border(part + 1);
  std::int64_t first = 0;  // panel of a layer
  for (const Layer& layer : all->layers_) {
    const std::int64_t count = layer.packed.panels();
    const std::int64_t from = std::max(begin - first, std::int64_t{0});
    const std::int64_t to = std::min(end - first, count);
    if (from < to)
      kernels::decode_products(layer.packed.recurrent, all->rows_, layer.h[turn].rows(),
                               layer.recurrent_sums.data<float>(), {from, to, false});
    first += count;
  }
}

PackedRecurrence::PackedRecurrence(const Recurrence& recurrence)
    : residual_(recurrence.options().residual), stacked_(recurrence.stacked()) {}

std::unique_ptr<PackedRecurrence> PackedRecurrence::make(const Recurrence& recurrence) {
  if (recurrence.options().bidirectional) return nullptr;
  std::unique_ptr<PackedRecurrence> made(new PackedRecurrence(recurrence));
  for (const Recurrence::Stacked& layer : made->stacked_) {
    const auto* const packable = dynamic_cast<const PackableCell*>(&layer.cell);
    const auto weights = packable != nullptr ? packable->cell_weights() : std::nullopt;
    if (!weights || !is_float(weights->W)) return nullptr;
    made->cells_.push_back(*weights);
  }
  return made;
}

void PackedRecurrence::pack(const Input& input, WeightFormat format) {
  input_ = input;
  format_ = format;
  std::int64_t width = input.width;
  for (const CellWeights& cell : cells_) {
    Layer& layer = layers_.emplace_back();
    layer.packed = layers_.size() == 1 && input.table.defined()
                       ? PackedLayer::of_tokens(cell, input.table, format)
                       : PackedLayer::dense(cell, width, format);
    width = layer.packed.hidden();
  }
  progress_.resize(layers_.size());
}

std::int64_t PackedRecurrence::bytes() const noexcept {
  std::int64_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.packed.bytes();
  return sum;
}

void PackedRecurrence::ready(Activations& activations) const {
  if (format_ == WeightFormat::int8)
    activations.quantised.take(activations.data(), rows_, activations.stride());
}

DecodingRows PackedRecurrence::given(std::size_t l, std::size_t turn) const {
  const Layer& layer = layers_[l];
  return layer.output.values.defined() ? layer.output.rows() : layer.h[turn].rows();
}

bool PackedRecurrence::adds_input(std::size_t l) const {
  const std::int64_t width = l == 0 ? input_.width : layers_[l - 1].packed.hidden();
  return residual_ && width == layers_[l].packed.hidden();
}

void PackedRecurrence::begin(std::int64_t rows, const std::int32_t* ids, const Activations* dense,
                             bool resident) {
  rows_ = rows;
  ids_ = ids;
  resident_ = resident;
  latest_ = 0;
  steps_ = 0;
  recurrent_panels_ = recurrent_products_ = 0;
  std::ranges::fill(progress_, Progress{});
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const std::int64_t H = layer.packed.hidden(), sums = layer.packed.sums();
    for (Activations& h : layer.h) h.make(rows, H);
    ready(layer.h[latest_]);
    if (kernels::gates_of(layer.packed.gates.kind) == 4)
      layer.memory = Tensor::zeros({rows, padded_width(H)});
    if (layer.packed.input.defined()) layer.input_sums = Tensor::empty({rows, sums});
    layer.recurrent_sums = Tensor::empty({rows, sums});
    layer.gates = kernels::gates_of(layer.packed.gates.kind);
    layer.inputs = layer.packed.input.defined() ? cells_[l].W->value().dim(0) : 0;
    recurrent_panels_ += layer.packed.panels();
    recurrent_products_ += rows * layer.packed.recurrent_products();
    if (stacked_[l].gain != nullptr || adds_input(l)) layer.output.make(rows, H);
    for (std::size_t turn = 0; turn < 2; ++turn) {
      DecodingStep step;
      step.rows = rows;
      if (layer.packed.input.defined()) {
        step.input.matrix = &layer.packed.input;
        step.input.rows = l > 0 ? given(l - 1, 1 - turn) : dense->rows();
      }
      step.recurrent = {&layer.packed.recurrent, layer.h[turn].rows(), nullptr};
      step.ids = ids;
      step.before = layer.h[turn].data();
      step.after = layer.h[1 - turn].data();
      step.memory = layer.memory.defined() ? layer.memory.data<float>() : nullptr;
      Layer::Ways& ways = layer.ways[turn];
      ways.fill(step);
      if (layer.packed.input.defined())
        ways[kInputBefore].input = {nullptr, {}, layer.input_sums.data<float>()};
      ways[kRecurrentBefore].recurrent = {nullptr, {}, layer.recurrent_sums.data<float>()};
    }
  }
}

DecodingRows PackedRecurrence::step(PanelTeam& team) {
  const bool alternates = !resident_ && layers_.size() > 1;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    run_layer(l, team);
    if (alternates && (steps_ + static_cast<std::int64_t>(l)) % 2 == 0) run_recurrent(l, team);
  }
  ++steps_;
  latest_ = 1 - latest_;
  return given(layers_.size() - 1, latest_);
}

void PackedRecurrence::run_layer(std::size_t l, PanelTeam& team) {
  Layer& layer = layers_[l];
  const PackedLayer& packed = layer.packed;
  Progress& progress = progress_[l];
  const bool multiplies = !progress.has_recurrent;
  count_product(rows_, layer.gates * packed.hidden(), layer.inputs + packed.hidden());
  const std::int64_t products = packed.input_products() +
                                (multiplies ? packed.recurrent_products() : 0) +
                                kGateProducts * packed.hidden();
  const std::uint8_t way = !multiplies                            ? kRecurrentBefore
                           : !resident_ && packed.input.defined() ? kInputBefore
                                                                  : kBoth;
  team.share(packed.panels(), rows_ * products,
             LayerJob{&layer, static_cast<std::uint8_t>(latest_), way, progress.input_backwards,
                      multiplies ? progress.recurrent_backwards : progress.input_backwards});
  progress.has_recurrent = false;
  progress.input_backwards = !progress.input_backwards;
  if (multiplies) progress.recurrent_backwards = !progress.recurrent_backwards;
  ready(layer.h[1 - latest_]);
  if (!layer.output.values.defined()) return;
  for (std::int64_t n = 0; n < rows_; ++n) finish_row(l, n);
  ready(layer.output);
}

void PackedRecurrence::run_recurrent(std::size_t l, PanelTeam& team) {
  Layer& layer = layers_[l];
  Progress& progress = progress_[l];
  const PackedLayer& packed = layer.packed;
  team.share(packed.panels(), rows_ * packed.recurrent_products(),
             [&layer, turn = 1 - latest_, backwards = progress.recurrent_backwards](
                 std::int64_t begin, std::int64_t end) {
               const DecodingStep& step = layer.ways[turn][kBoth];
               kernels::decode_products(layer.packed.recurrent, step.rows, step.recurrent.rows,
                                        layer.recurrent_sums.data<float>(),
                                        {begin, end, backwards});
             });
  progress.recurrent_backwards = !progress.recurrent_backwards;
  progress.has_recurrent = true;
}

void PackedRecurrence::ahead(PanelTeam& team, std::int64_t meanwhile) {
  if (!resident_ || !team.worth_starting(recurrent_products_)) return;
  // All threads are to be done at the same time.
  const std::int64_t threads = team.threads();
  const std::int64_t own =
      std::max<std::int64_t>(recurrent_products_ - (threads - 1) * meanwhile, 0);
  ahead_ = AheadJob{
      this, static_cast<std::int32_t>(recurrent_panels_ * own / (recurrent_products_ * threads)),
      static_cast<std::int32_t>(recurrent_panels_), static_cast<std::uint8_t>(latest_)};
  team.start(*ahead_);
  for (Progress& progress : progress_) progress.has_recurrent = true;
}

void PackedRecurrence::settle(PanelTeam& team) {
  if (ahead_) team.finish(*ahead_);
  ahead_.reset();
}

/// Normalises a row of h and adds the input, as `Recurrence::run` does.
void PackedRecurrence::finish_row(std::size_t l, std::int64_t row) {
  Layer& layer = layers_[l];
  const std::int64_t H = layer.packed.hidden();
  const Activations& h = layer.h[1 - latest_];
  float* const y = layer.output.data() + row * layer.output.stride();
  std::copy_n(h.data() + row * h.stride(), H, y);
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
  if (l == 0 && input_.one_hot) {
    const std::int32_t token = ids_[row];
    if (token >= 0 && token < H) y[token] += 1;
    return;
  }
  const DecodingRows& input = layer.ways[latest_][kBoth].input.rows;
  kernels::add(H, y, input.x + row * input.stride, y);
}

}  // namespace unroll
