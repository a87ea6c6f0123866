#include <unroll/training/microscope.hpp>

#include <algorithm>

#include <unroll/analysis/histogram.hpp>
#include <unroll/analysis/recurrent_memory.hpp>
#include <unroll/analysis/spectral_radius.hpp>
#include <unroll/training/writing.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kMostRows = 50;
constexpr int kBins = 40;
constexpr std::int64_t kLags = 100;
constexpr std::int64_t kSequences = 16;

Array column(std::vector<double> values) {
  return {{std::ssize(values)}, std::move(values), {}};
}

void put(Archive& row, const std::string& path, Histogram found) {
  row.put(path + "/counts", Array{{std::ssize(found.counts)}, std::move(found.counts), {}});
  row.put(path + "/low", found.low);
  row.put(path + "/high", found.high);
}

/// Pieces of a stream, spread over its texts, each of so many steps if there is enough text.
Batch pieces_of(const Encoded& split) {
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < split.text.count(); ++i)
    longest = std::max(longest, split.text.text(i).size());
  const std::int64_t steps = std::min(kLags, longest - 1);
  if (steps < 1) return {};
  const TokenStore texts = split.text.store();
  const TokenSpan& joined = texts.ids();
  const std::int64_t room = joined.size() - steps - 1;
  const Shape shape{steps, kSequences};
  Batch batch;
  batch.inputs = Tensor::empty(shape, DType::i32);
  batch.targets = Tensor::empty(shape, DType::i32);
  for (std::int64_t n = 0; n < kSequences; ++n) {
    const TokenText from = joined.part(n * room / (kSequences - 1), steps + 1).ids();
    for (std::int64_t t = 0; t < steps; ++t) {
      batch.inputs.data<TokenId>()[t * kSequences + n] = from[static_cast<std::size_t>(t)];
      batch.targets.data<TokenId>()[t * kSequences + n] = from[static_cast<std::size_t>(t) + 1];
    }
  }
  return batch;
}

}  // namespace

bool Intervals::keeps(std::int64_t step, std::int64_t now) const {
  std::int64_t interval = first_;
  while (now / interval > kMostRows) interval *= 2;
  return step == 1 || step % interval == 0;
}

Microscope::Microscope(const Model& model, const Encoded& held_out, const Encoded& train)
    : model_(model) {
  if (model.architecture->counts()) return;
  const Encoded& split = held_out.size() > 0 ? held_out : train;
  if (!model.domain->fields.whole) {
    batch_ = pieces_of(split);
    return;
  }
  const Encoded chosen = select(split, spread(kSequences, split.size()));
  BatchOptions options;
  options.batch = kSequences;
  options.shuffle = false;
  batch_ = make_examples(chosen, *model.domain, model.task(), options)->get(0);
}

Archive Microscope::histograms() const {
  Archive row;
  for (const Parameter* parameter : model_.parameters->all()) {
    put(row, "weights/" + parameter->name(), histogram(parameter->value().span<float>(), kBins));
    put(row, "gradients/" + parameter->name(),
        histogram(parameter->gradient().span<float>(), kBins));
  }
  return row;
}

Archive Microscope::recurrence() const {
  Archive row;
  if (!batch_.inputs.defined() && !batch_.previous.defined() && !batch_.features.defined())
    return row;
  for (const auto& [layer, memory] : recurrent_memory(*model_.architecture, batch_, kLags)) {
    for (const auto& [part, gradients] : memory.gradient_by_lag) {
      // The first part, the layer's output, goes without its name.
      const bool output = part == memory.gradient_by_lag.front().first;
      const std::string of = output ? "" : "_" + part;
      row.put(layer + "/memory_length" + of, memory_length(gradients));
      row.put(layer + "/gradient_by_lag" + of, column(gradients));
    }
    for (const auto& [gate, share] : memory.saturated) {
      row.put(layer + "/saturated/" + gate, share.low + share.high);
      row.put(layer + "/saturated_high/" + gate, share.high);
    }
    for (const auto& [block, radius] : spectral_radii(*model_.parameters, layer))
      row.put(layer + "/spectral_radius/" + block, radius);
  }
  return row;
}

}  // namespace unroll
