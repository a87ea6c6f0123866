#include <unroll/training/reading.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <unroll/training/passage.hpp>
#include <unroll/training/reading_units.hpp>

namespace unroll {
namespace {

using std::size_t;

/// Grows as passages are read.
struct Found {
  std::vector<std::int64_t> text, unknown;
  std::vector<std::string> tokens, alternatives;
  std::vector<float> surprise, probabilities;
  std::map<std::string, std::vector<float>> gates;  ///< LAYER/GATE [T]
  std::vector<std::vector<float>> units;            ///< [U][T]
};

/// Surprises and alternatives, by the decoder, which also architectures without gates have.
void predict(const Model& model, const Passage& passage, size_t alternatives, Found& found) {
  const auto decoder = model.architecture->decoder(1);
  if (passage.given.examples.empty())
    decoder->reset();
  else
    decoder->begin(passage.given);
  const Vocabulary& vocabulary = model.vocabulary();
  std::vector<TokenId> order(static_cast<size_t>(vocabulary.size()));
  std::vector<double> chances(order.size());
  TokenId last = passage.before;
  for (const TokenId token : passage.tokens) {
    const std::span<const float> logits = decoder->next({&last, 1});
    const double largest = *std::ranges::max_element(logits);
    double sum = 0;
    for (size_t v = 0; v < chances.size(); ++v) sum += chances[v] = std::exp(logits[v] - largest);
    std::iota(order.begin(), order.end(), TokenId{0});
    const auto kept = order.begin() + static_cast<std::ptrdiff_t>(alternatives);
    // Equally likely ones in the order of their ids.
    std::partial_sort(order.begin(), kept, order.end(), [&](TokenId a, TokenId b) {
      const double p = chances[static_cast<size_t>(a)], q = chances[static_cast<size_t>(b)];
      return p != q ? p > q : a < b;
    });
    for (size_t k = 0; k < alternatives; ++k) {
      found.alternatives.push_back(vocabulary.token(order[k]));
      found.probabilities.push_back(
          static_cast<float>(chances[static_cast<size_t>(order[k])] / sum));
    }
    found.surprise.push_back(
        static_cast<float>(std::log(sum) - (logits[static_cast<size_t>(token)] - largest)));
    last = token;
  }
}

float mean_of(const Tensor& gate) {
  const std::span<const float> values = gate.span<float>();
  return static_cast<float>(std::accumulate(values.begin(), values.end(), 0.0) /
                            static_cast<double>(values.size()));
}

/// Gates and units, of layers that make a step for each token.
void watch(const Model& model, const Passage& passage, const std::vector<TrackingUnit>& units,
           Found& found) {
  Carry carry;
  const Activity activity = watch_reading(*model.architecture, to_the_end(model, passage), carry,
                                          Watch::states_and_gates);
  const size_t steps = passage.tokens.size() + 1;
  for (const auto& [path, layer] : activity) {
    if (layer.states.size() != steps) continue;
    for (const auto& [name, values] : layer.gates)
      for (size_t t = 1; t < steps; ++t)
        found.gates[path + "/" + name].push_back(mean_of(values[t]));
  }
  found.units.resize(units.size());
  for (size_t u = 0; u < units.size(); ++u) {
    const auto layer = activity.find(units[u].layer);
    if (layer == activity.end() || layer->second.states.size() != steps) continue;
    const auto part = static_cast<size_t>(std::ranges::find(layer->second.parts, units[u].part) -
                                          layer->second.parts.begin());
    for (size_t t = 1; t < steps; ++t)
      found.units[u].push_back(
          layer->second.states[t].at(part).span<float>()[static_cast<size_t>(units[u].unit)]);
  }
}

template <typename T>
Array column(std::vector<T> values) {
  return {{std::ssize(values)}, std::move(values), {}};
}

Archive as_archive(Found found, const std::vector<TrackingUnit>& units) {
  const std::int64_t tokens = std::ssize(found.tokens);
  Archive archive;
  if (tokens == 0) return archive;
  archive.put("text", column(std::move(found.text)));
  archive.put("tokens", column(std::move(found.tokens)));
  archive.put("unknown", column(std::move(found.unknown)));
  Array surprise = column(std::move(found.surprise));
  surprise.attributes["unit"] = "nats";
  archive.put("surprise", std::move(surprise));
  const std::int64_t each = std::ssize(found.alternatives) / tokens;
  archive.put("alternatives", Array{{tokens, each}, std::move(found.alternatives), {}});
  archive.put("probabilities", Array{{tokens, each}, std::move(found.probabilities), {}});
  for (auto& [path, values] : found.gates)
    if (std::ssize(values) == tokens) archive.put("gates/" + path, column(std::move(values)));

  std::vector<std::string> layers, parts, tracks;
  std::vector<std::int64_t> places;
  std::vector<double> scores;
  std::vector<float> values;
  for (size_t u = 0; u < units.size(); ++u) {
    if (std::ssize(found.units[u]) != tokens) continue;
    layers.push_back(units[u].layer);
    parts.push_back(units[u].part);
    places.push_back(units[u].unit);
    tracks.push_back(units[u].tracks);
    scores.push_back(units[u].score);
    values.insert(values.end(), found.units[u].begin(), found.units[u].end());
  }
  if (layers.empty()) return archive;
  const std::int64_t rows = std::ssize(layers);
  archive.put("units/layer", column(std::move(layers)));
  archive.put("units/part", column(std::move(parts)));
  archive.put("units/unit", column(std::move(places)));
  archive.put("units/tracks", column(std::move(tracks)));
  archive.put("units/score", column(std::move(scores)));
  archive.put("units/values", Array{{rows, tokens}, std::move(values), {}});
  return archive;
}

Archive read(const Model& model, const std::vector<Passage>& passages,
             const std::vector<TrackingUnit>& units, std::int64_t alternatives) {
  Found found;
  const auto most = static_cast<size_t>(std::min(alternatives, model.vocabulary().size()));
  for (size_t i = 0; i < passages.size(); ++i) {
    const Passage& passage = passages[i];
    found.text.insert(found.text.end(), passage.tokens.size(), static_cast<std::int64_t>(i));
    for (std::string& piece : pieces_of(model, passage)) found.tokens.push_back(std::move(piece));
    for (const TokenId token : passage.tokens)
      found.unknown.push_back(token == model.vocabulary().special().unknown ? 1 : 0);
    predict(model, passage, most, found);
    if (!model.architecture->counts()) watch(model, passage, units, found);
  }
  return as_archive(std::move(found), units);
}

}  // namespace

bool reads_tokens(const Model& model) {
  return writes_text(model.task().goal) && model.architecture->decoder(1) != nullptr;
}

Archive read_held_out(const Model& model, const Encoded& split, const ReadingOptions& options) {
  if (split.size() == 0 || options.tokens <= 0 || !reads_tokens(model)) return {};
  return read(model, passages_of(model, split, options.tokens),
              units_of(model, split, options.stretch), options.alternatives);
}

Archive read_text(const Model& model, const Encoded& text, const Archive& known,
                  std::int64_t alternatives) {
  const std::int64_t all = text.text.tokens() + text.target.tokens() + text.size();
  return read(model, passages_of(model, text, all), units_in(known), alternatives);
}

}  // namespace unroll
