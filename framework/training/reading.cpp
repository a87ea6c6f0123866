#include <unroll/training/reading.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <string_view>

#include <unroll/analysis/text_features.hpp>
#include <unroll/analysis/unit_tracking.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/batches.hpp>

namespace unroll {
namespace {

using Goal = Task::Goal;
using std::size_t;

/// Tokens that are predicted one after another, and what is needed to predict them.
struct Passage {
  Batch given;           ///< of one example; nothing in it for a stream
  TokenText tokens;      ///< [T] to predict
  TokenId before = 0;    ///< what is read first
  bool goes_on = false;  ///< `before` is a part of the text, not the token that begins one
  std::vector<std::string> spelt;  ///< tokens as the text has them; empty: as the vocabulary has
};

bool is_stream(const Model& model) {
  return !model.domain->fields.whole;
}

/// No more than so many bytes, whole characters of them.
std::string_view first_bytes(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

/// The first `count` tokens of a text as it spells them, those that the vocabulary lacks included;
/// none where the text is not there.
std::vector<std::string> spelling_of(const Model& model, const Encoded& split, size_t text,
                                     size_t count) {
  if (model.writes_target() || text >= split.examples.size()) return {};
  const std::string_view whole = split.text_of(text);
  // Of a long text only the beginning is cut; its last token may be a part of one.
  for (size_t length = 32 * (count + 1);; length *= 2) {
    const std::string_view beginning = first_bytes(whole, length);
    std::vector<std::string> tokens = model.tokenizer().cut(beginning);
    if (tokens.size() <= count && beginning.size() < whole.size()) continue;
    if (tokens.size() < count) return {};
    tokens.resize(count);
    return tokens;
  }
}

/// The beginning of a split, so many tokens at most.
std::vector<Passage> passages_of(const Model& model, const Encoded& split, std::int64_t tokens) {
  std::vector<Passage> passages;
  if (is_stream(model)) {
    for (size_t i = 0; i < split.text.count() && tokens > 0; ++i) {
      const TokenSpan text = split.text.text(i);
      if (text.size() < 2) continue;
      const auto count = std::min(tokens, text.size() - 1);
      Passage passage{{}, text.part(1, count).ids(), text[0], true, {}};
      passage.spelt = spelling_of(model, split, i, static_cast<size_t>(count) + 1);
      if (!passage.spelt.empty()) passage.spelt.erase(passage.spelt.begin());
      passages.push_back(std::move(passage));
      tokens -= count;
    }
    return passages;
  }
  const Vocabulary::Special& special = model.vocabulary().special();
  const TokenTexts& written = model.writes_target() ? split.target : split.text;
  for (std::int64_t i = 0; i < split.size() && tokens > 0; ++i) {
    Passage passage;
    const std::int64_t which[] = {i};
    BatchOptions one;
    one.batch = 1;
    one.shuffle = false;
    passage.given = make_examples(select(split, which), *model.domain, model.task(), one)->get(0);
    passage.tokens = written.texts[static_cast<size_t>(i)];
    passage.spelt = spelling_of(model, split, static_cast<size_t>(i), passage.tokens.size());
    passage.tokens.push_back(special.end.value());
    if (std::ssize(passage.tokens) > tokens) passage.tokens.resize(static_cast<size_t>(tokens));
    passage.before = special.begin.value();
    tokens -= std::ssize(passage.tokens);
    passages.push_back(std::move(passage));
  }
  return passages;
}

/// What each token adds to the readable text.
std::vector<std::string> pieces_of(const Model& model, const Passage& passage) {
  const Vocabulary& vocabulary = model.vocabulary();
  const Tokenizer& tokenizer = model.tokenizer();
  std::vector<std::string> pieces;
  std::vector<std::string> pair;
  if (passage.goes_on) pair.push_back(vocabulary.token(passage.before));
  for (size_t t = 0; t < passage.tokens.size(); ++t) {
    const TokenId id = passage.tokens[t];
    const std::string& token = t < passage.spelt.size() ? passage.spelt[t] : vocabulary.token(id);
    if (id == vocabulary.special().end) {  // stands for itself
      pieces.push_back(token);
      continue;
    }
    const std::string before = tokenizer.join(pair);
    pair.push_back(token);
    const std::string after = tokenizer.join(pair);
    pieces.push_back(after.substr(std::min(before.size(), after.size())));
    if (first_invalid_utf8(pieces.back())) pieces.back() = token;  // a part of a character
    if (pair.size() > 1) pair.erase(pair.begin());
  }
  return pieces;
}

/// A passage as a batch of one sequence in which its last token is read as well, though nothing is
/// predicted from it: step t + 1 reads token t.
Batch to_the_end(const Model& model, const Passage& passage) {
  Batch batch = passage.given;
  TokenText read = {passage.before};
  read.insert(read.end(), passage.tokens.begin(), passage.tokens.end());
  TokenText targets = passage.tokens;
  targets.push_back(-1);
  const Shape shape{std::ssize(read), 1};
  (model.task().goal == Goal::text ? batch.previous : batch.inputs) =
      Tensor::of<TokenId>(shape, read);
  batch.targets = Tensor::of<TokenId>(shape, targets);
  return batch;
}

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

/// Half of a stretch: passages to be read side by side, and the features of their tokens.
class Half {
 public:
  Half(const Model& model, std::vector<Passage> passages)
      : model_(model), passages_(std::move(passages)) {
    table_.names = text_feature_names();
    std::vector<std::string> pieces;
    const auto add = [&] {
      const std::vector<float> more = text_features(pieces);
      table_.values.insert(table_.values.end(), more.begin(), more.end());
      pieces.clear();
    };
    std::int64_t rows = 0;
    for (const Passage& passage : passages_) {
      first_.push_back(rows);
      rows += std::ssize(passage.tokens);
      for (std::string& piece : pieces_of(model, passage)) pieces.push_back(std::move(piece));
      if (!passage.goes_on) add();
    }
    add();
    if (is_stream(model)) forget("place in text");  // wherever the text may have been cut
  }

  const FeatureTable& table() const { return table_; }

  void read(const std::function<void(const ReadPiece&)>& tell) const {
    if (is_stream(model_))
      read_streams(tell);
    else
      for (size_t i = 0; i < passages_.size(); ++i) read_example(i, tell);
  }

 private:
  static constexpr std::int64_t kWindow = 128;

  void forget(const std::string& name) {
    const auto feature =
        static_cast<size_t>(std::ranges::find(table_.names, name) - table_.names.begin());
    for (size_t i = feature; i < table_.values.size(); i += table_.names.size())
      table_.values[i] = 0;
  }

  void read_example(size_t i, const std::function<void(const ReadPiece&)>& tell) const {
    Carry carry;
    ReadPiece piece;
    piece.activity =
        watch_reading(*model_.architecture, to_the_end(model_, passages_[i]), carry, Watch::states);
    piece.sequences = 1;
    piece.rows.assign(passages_[i].tokens.size() + 1, -1);
    std::iota(piece.rows.begin() + 1, piece.rows.end(), first_[i]);
    tell(piece);
  }

  /// All passages side by side, in windows.
  void read_streams(const std::function<void(const ReadPiece&)>& tell) const {
    const auto lanes = std::ssize(passages_);
    std::int64_t longest = 0;
    for (const Passage& passage : passages_)
      longest = std::max(longest, std::ssize(passage.tokens));
    Carry carry;
    for (std::int64_t begin = 0; begin < longest; begin += kWindow) {
      const std::int64_t steps = std::min(kWindow, longest - begin);
      ReadPiece piece;
      piece.sequences = lanes;
      piece.rows.assign(static_cast<size_t>(steps * lanes), -1);
      Batch batch;
      batch.inputs = Tensor::full(Shape{steps, lanes}, -1, DType::i32);
      batch.targets = Tensor::full(Shape{steps, lanes}, -1, DType::i32);
      for (std::int64_t n = 0; n < lanes; ++n) {
        const TokenText& tokens = passages_[static_cast<size_t>(n)].tokens;
        for (std::int64_t t = 0; t < steps && begin + t < std::ssize(tokens); ++t) {
          batch.inputs.data<TokenId>()[t * lanes + n] = tokens[static_cast<size_t>(begin + t)];
          piece.rows[static_cast<size_t>(t * lanes + n)] =
              first_[static_cast<size_t>(n)] + begin + t;
        }
      }
      piece.activity = watch_reading(*model_.architecture, batch, carry, Watch::states);
      tell(piece);
    }
  }

  const Model& model_;
  std::vector<Passage> passages_;
  std::vector<std::int64_t> first_;  ///< row of each passage's first token
  FeatureTable table_;
};

/// The first and the second half of a stretch of text, or every other of the examples.
std::pair<std::vector<Passage>, std::vector<Passage>> halves_of(const Model& model,
                                                                const Encoded& split,
                                                                std::int64_t stretch) {
  constexpr std::int64_t kLanes = 8;
  std::pair<std::vector<Passage>, std::vector<Passage>> halves;
  std::vector<Passage> all = passages_of(model, split, stretch);
  if (!is_stream(model)) {
    for (size_t i = 0; i < all.size(); ++i)
      (i % 2 == 0 ? halves.first : halves.second).push_back(std::move(all[i]));
    return halves;
  }
  TokenText joined;
  for (const Passage& passage : all)
    joined.insert(joined.end(), passage.tokens.begin(), passage.tokens.end());
  const std::int64_t each = std::ssize(joined) / (2 * kLanes);
  if (each == 0) return halves;
  for (std::int64_t n = 0; n < 2 * kLanes; ++n) {
    const auto from = joined.begin() + n * each;
    (n < kLanes ? halves.first : halves.second)
        .push_back({{}, {from, from + each}, n == 0 ? all.front().before : *(from - 1), true, {}});
  }
  return halves;
}

std::vector<TrackingUnit> units_of(const Model& model, const Encoded& split, std::int64_t stretch) {
  constexpr std::int64_t kEnough = 500;  // tokens of a half
  if (model.architecture->counts()) return {};
  auto [first, second] = halves_of(model, split, stretch);
  const Half choosing(model, std::move(first)), scoring(model, std::move(second));
  if (choosing.table().rows() < kEnough || scoring.table().rows() < kEnough) return {};
  return find_tracking_units(
      choosing.table(), [&](const auto& tell) { choosing.read(tell); }, scoring.table(),
      [&](const auto& tell) { scoring.read(tell); });
}

/// The units of an earlier reading.
std::vector<TrackingUnit> units_in(const Archive& reading) {
  std::vector<TrackingUnit> units;
  if (!reading.has("units/unit")) return units;
  const auto& layers = std::get<std::vector<std::string>>(reading.array("units/layer").values);
  const auto& parts = std::get<std::vector<std::string>>(reading.array("units/part").values);
  const auto& places = std::get<std::vector<std::int64_t>>(reading.array("units/unit").values);
  const auto& tracks = std::get<std::vector<std::string>>(reading.array("units/tracks").values);
  const auto& scores = std::get<std::vector<double>>(reading.array("units/score").values);
  for (size_t u = 0; u < places.size(); ++u)
    units.push_back({layers.at(u), parts.at(u), places[u], tracks.at(u), scores.at(u)});
  return units;
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
