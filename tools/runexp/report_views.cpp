#include "report_views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include <unroll/results/hdf5.hpp>
#include <unroll/results/thinning.hpp>

#include "report_json.hpp"
#include "report_room.hpp"

namespace unroll::cli {
namespace {

constexpr int kDigits = 4;

std::size_t length_of(const Archive& archive, const char* column) {
  const Array& array = archive.array(column);
  return array.shape.empty() ? 0 : static_cast<std::size_t>(array.shape[0]);
}

/// Values of one row.
std::size_t width_of(const Array& array) {
  std::size_t width = 1;
  for (std::size_t axis = 1; axis < array.shape.size(); ++axis)
    width *= static_cast<std::size_t>(array.shape[axis]);
  return width;
}

/// "a/b/c" -> "a/b", "c".
std::pair<std::string, std::string> split_last(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {"", std::string(path)};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

/// Texts stored once, referred to by place.
class Words {
 public:
  std::size_t place(const std::string& word) {
    const auto [entry, added] = places_.try_emplace(word, places_.size());
    if (added) list_.push_back(word);
    return entry->second;
  }
  const Json& list() const { return list_; }

 private:
  std::map<std::string, std::size_t> places_;
  Json list_ = Json::array();
};

/// Is this group of a layer one with a column for each gate?
bool is_of_gates(std::string_view group) {
  return group == "saturated" || group == "saturated_high" || group == "spectral_radius";
}

Json all_rows(const Array& array, int digits = kDigits) {
  const std::size_t count = array.shape.empty() ? 0 : static_cast<std::size_t>(array.shape[0]);
  return rows_of(array, thin_rows(count, count), digits);
}

/// The rows of a matrix, no further than `length` columns.
Json beginnings_of(const Array& array, std::size_t length, int digits) {
  Json list = Json::array();
  for (Json& row : all_rows(array, digits)) {
    if (row.size() > length)
      row.erase(row.begin() + static_cast<std::ptrdiff_t>(length), row.end());
    list.push_back(std::move(row));
  }
  return list;
}

/// {classes, confusion}: of very many classes the most frequent ones, and one for all others.
Json merged_confusion(const std::vector<std::string>& classes,
                      const std::vector<std::int64_t>& counts) {
  const std::size_t n = classes.size();
  if (counts.size() != n * n) return {{"classes", Json::array()}, {"confusion", Json::array()}};
  std::vector<std::size_t> order(n);
  std::vector<std::int64_t> examples(n);
  for (std::size_t r = 0; r < n; ++r) {
    order[r] = r;
    for (std::size_t c = 0; c < n; ++c) examples[r] += counts[r * n + c];
  }
  const std::size_t kept = n <= kMostClasses ? n : kMostClasses - 1;
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t c) { return examples[c]; });
  order.resize(kept);
  std::ranges::sort(order);
  std::vector<std::size_t> place(n, kept);
  std::vector<std::string> names;
  for (std::size_t k = 0; k < kept; ++k) {
    place[order[k]] = k;
    names.push_back(classes[order[k]]);
  }
  if (kept < n) names.push_back(fmt::format("{} others", n - kept));
  std::vector<std::vector<std::int64_t>> matrix(names.size(),
                                                std::vector<std::int64_t>(names.size()));
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) matrix[place[r]][place[c]] += counts[r * n + c];
  return {{"classes", names}, {"confusion", matrix}};
}

}  // namespace

Json histograms_json(const Archive& histograms, std::size_t most_values) {
  if (!histograms.has("step")) return nullptr;
  constexpr const char* kKinds[] = {"weights", "gradients"};
  // What a step costs: every histogram's bins, its lower and its upper end.
  std::size_t bins = 1, count = 0;
  for (const auto& [path, array] : histograms.entries())
    if (split_last(path).second == "counts") {
      bins = std::max(bins, width_of(array) + 2);
      ++count;
    }
  const std::size_t each = std::max<std::size_t>(most_values / (2 * bins) / std::size(kKinds), 1);
  const std::size_t shown = std::min(count, each * std::size(kKinds));
  const std::size_t most_rows = std::clamp<std::size_t>(
      most_values / (bins * std::max<std::size_t>(shown, 1)), 2, kMostHistogramRows);
  const std::vector<std::size_t> rows = thin_rows(length_of(histograms, "step"), most_rows);
  Json json = {{"step", rows_of(histograms.array("step"), rows, kDigits)}, {"left_out", 0}};
  std::set<std::string> left_out;
  for (const char* kind : kKinds) {
    json[kind] = Json::object();
    const Archive below = histograms.below(kind);
    for (const auto& [path, array] : below.entries()) {
      const auto [parameter, column] = split_last(path);
      if (!json[kind].contains(parameter) && json[kind].size() >= each) {
        left_out.insert(parameter);
        continue;
      }
      if (column == "counts")
        json[kind][parameter]["shares"] = shares_of(array, rows);
      else
        json[kind][parameter][column] = rows_of(array, rows, kDigits);
    }
  }
  json["left_out"] = left_out.size();
  return json;
}

Json recurrence_json(const Archive& recurrence, std::size_t most_values) {
  if (!recurrence.has("step")) return nullptr;
  const std::size_t count = length_of(recurrence, "step");
  std::size_t each = 1;  // numbers of a step
  for (const auto& [path, array] : recurrence.entries()) each += width_of(array);
  const std::vector<std::size_t> rows =
      thin_rows(count, std::clamp<std::size_t>(most_values / each, 2, kMostRecurrenceRows));
  Json json = {{"step", rows_of(recurrence.array("step"), rows, kDigits)},
               {"layers", Json::object()}};
  for (const auto& [path, array] : recurrence.entries()) {
    const auto [above, column] = split_last(path);
    if (above.empty()) continue;
    const Json shown = rows_of(array, rows, 3);
    const auto [layer, group] = split_last(above);
    if (is_of_gates(group))
      json["layers"][layer][group][column] = shown;
    else
      json["layers"][above][column] = shown;
  }
  return json;
}

Json reading_json(const Archive& reading, std::size_t most_values) {
  if (!reading.has("tokens") || !reading.has("surprise")) return nullptr;
  const Archive gates = reading.below("gates");
  const std::size_t tokens = length_of(reading, "tokens");
  // What a token costs: itself, its surprise, the text it is of, alternatives, gates and units.
  std::size_t each = 4 + gates.entries().size();
  for (const char* column : {"alternatives", "probabilities"})
    if (reading.has(column)) each += width_of(reading.array(column));
  if (reading.has("units/values")) each += length_of(reading, "units/values");
  const std::size_t shown =
      std::min(tokens, std::clamp(most_values / each, kFewestTokens, kMostTokens));
  const std::vector<std::size_t> rows = thin_rows(shown, shown);
  Words words;
  Json json = {{"words", nullptr}, {"of", tokens}};
  for (const char* column : {"tokens", "alternatives"}) {
    if (!reading.has(column) || tokens == 0) continue;
    const std::vector<std::string> texts = texts_of(reading.array(column));
    Json places = Json::array();
    for (std::size_t i = 0; i < shown * (texts.size() / tokens); ++i)
      places.push_back(words.place(texts[i]));
    json[column] = std::move(places);
  }
  json["words"] = words.list();
  json["surprise"] = fixed_rows_of(reading.array("surprise"), rows, 2);
  if (reading.has("probabilities"))
    json["probabilities"] = fixed_rows_of(reading.array("probabilities"), rows, 4);
  if (reading.has("unknown")) json["unknown"] = rows_of(reading.array("unknown"), rows, kDigits);
  if (reading.has("split")) json["split"] = reading.text("split");
  if (reading.has("text")) json["text"] = rows_of(reading.array("text"), rows, kDigits);
  json["gates"] = Json::array();
  for (const auto& [path, array] : gates.entries()) {
    const auto [layer, gate] = split_last(path);
    json["gates"].push_back(
        {{"layer", layer}, {"gate", gate}, {"values", fixed_rows_of(array, rows, 3)}});
  }
  json["units"] = Json::array();
  if (!reading.has("units/values")) return json;
  const Json layers = texts_of(reading.array("units/layer"));
  const Json parts =
      reading.has("units/part") ? Json(texts_of(reading.array("units/part"))) : Json();
  const Json tracks = texts_of(reading.array("units/tracks"));
  const Json units = all_rows(reading.array("units/unit"));
  const Json scores = all_rows(reading.array("units/score"), 3);
  const Json values = beginnings_of(reading.array("units/values"), shown, 2);
  for (std::size_t i = 0; i < values.size() && i < units.size() && i < scores.size(); ++i)
    json["units"].push_back({{"layer", layers.at(i)},
                             {"part", parts.is_null() ? Json("") : parts.at(i)},
                             {"unit", units[i]},
                             {"tracks", tracks.at(i)},
                             {"score", scores[i]},
                             {"values", values[i]}});
  return json;
}

Json confusion_json(const Archive& evaluation) {
  Json json = Json::object();
  for (const auto& [path, array] : evaluation.entries()) {
    const auto [split, what] = split_last(path);
    if (what != "confusion" || !evaluation.has(split + "/classes")) continue;
    json[split] =
        merged_confusion(texts_of(evaluation.array(split + "/classes")), as_integers(array));
  }
  return json;
}

}  // namespace unroll::cli
