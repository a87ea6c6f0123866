#include <unroll/training/reading_units.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include <unroll/analysis/text_features.hpp>
#include <unroll/training/passage.hpp>

namespace unroll {
namespace {

using std::size_t;

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

}  // namespace

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

}  // namespace unroll
