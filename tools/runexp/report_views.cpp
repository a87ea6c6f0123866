#include "report_views.hpp"

#include <map>
#include <string>
#include <string_view>

#include <unroll/results/hdf5.hpp>
#include <unroll/results/thinning.hpp>

#include "report_json.hpp"

namespace unroll::cli {
namespace {

constexpr int kDigits = 4;

std::size_t length_of(const Archive& archive, const char* column) {
  const Array& array = archive.array(column);
  return array.shape.empty() ? 0 : static_cast<std::size_t>(array.shape[0]);
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

}  // namespace

Json histograms_json(const Archive& histograms, std::size_t most_rows) {
  if (!histograms.has("step")) return nullptr;
  const std::vector<std::size_t> rows = thin_rows(length_of(histograms, "step"), most_rows);
  Json json = {{"step", rows_of(histograms.array("step"), rows, kDigits)}};
  for (const char* kind : {"weights", "gradients"}) {
    json[kind] = Json::object();
    const Archive below = histograms.below(kind);
    for (const auto& [path, array] : below.entries()) {
      const auto [parameter, column] = split_last(path);
      json[kind][parameter][column] = rows_of(array, rows, kDigits);
    }
  }
  return json;
}

Json recurrence_json(const Archive& recurrence, std::size_t most_rows) {
  if (!recurrence.has("step")) return nullptr;
  const std::vector<std::size_t> rows = thin_rows(length_of(recurrence, "step"), most_rows);
  Json json = {{"step", rows_of(recurrence.array("step"), rows, kDigits)},
               {"layers", Json::object()}};
  for (const auto& [path, array] : recurrence.entries()) {
    const auto [above, column] = split_last(path);
    if (above.empty()) continue;
    const Json values = rows_of(array, rows, kDigits);
    const auto [layer, group] = split_last(above);
    if (is_of_gates(group))
      json["layers"][layer][group][column] = values;
    else
      json["layers"][above][column] = values;
  }
  return json;
}

Json reading_json(const Archive& reading) {
  if (!reading.has("tokens") || !reading.has("surprise")) return nullptr;
  Words words;
  Json json = {{"words", nullptr}};
  for (const char* column : {"tokens", "alternatives"}) {
    if (!reading.has(column)) continue;
    Json places = Json::array();
    for (const std::string& word : texts_of(reading.array(column)))
      places.push_back(words.place(word));
    json[column] = std::move(places);
  }
  json["words"] = words.list();
  json["surprise"] = all_rows(reading.array("surprise"));
  if (reading.has("probabilities"))
    json["probabilities"] = all_rows(reading.array("probabilities"), 3);
  if (reading.has("split")) json["split"] = reading.text("split");
  if (reading.has("text")) json["text"] = all_rows(reading.array("text"));
  json["gates"] = Json::array();
  const Archive gates = reading.below("gates");
  for (const auto& [path, array] : gates.entries()) {
    const auto [layer, gate] = split_last(path);
    json["gates"].push_back({{"layer", layer}, {"gate", gate}, {"values", all_rows(array, 3)}});
  }
  json["units"] = Json::array();
  if (!reading.has("units/values")) return json;
  const Json layers = texts_of(reading.array("units/layer"));
  const Json parts =
      reading.has("units/part") ? Json(texts_of(reading.array("units/part"))) : Json();
  const Json tracks = texts_of(reading.array("units/tracks"));
  const Json units = all_rows(reading.array("units/unit"));
  const Json scores = all_rows(reading.array("units/score"), 3);
  const Json values = all_rows(reading.array("units/values"), 3);
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
    json[split] = {{"classes", texts_of(evaluation.array(split + "/classes"))},
                   {"confusion", all_rows(array)}};
  }
  return json;
}

}  // namespace unroll::cli
