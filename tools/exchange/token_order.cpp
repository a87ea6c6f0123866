#include "token_order.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/named_axes.hpp>

namespace unroll {
namespace {

using Names = std::vector<std::string>;
using Places = std::vector<std::size_t>;

/// A list at a path; empty where there is none.
Names list_at(const Json& json, const char* path) {
  const Json::json_pointer pointer(path);
  if (!json.is_object() || !json.contains(pointer)) return {};
  const Json& found = json.at(pointer);
  Names names;
  if (!found.is_array()) return {};
  for (const Json& item : found) {
    if (!item.is_string()) return {};
    names.push_back(item.get<std::string>());
  }
  return names;
}

Json vocabulary_in(const std::map<std::string, std::string>& texts) {
  if (const auto found = texts.find("vocabulary"); found != texts.end())
    return Json::parse(found->second, nullptr, false);
  if (const auto found = texts.find("tokens"); found != texts.end())
    return Json{{"tokens", Json::parse(found->second, nullptr, false)}};
  return {};
}

/// Where each of our names stands there; empty where the order is the same, or not known.
Places places_of(const Names& here, const Names& there, const char* what, const std::string& file) {
  if (there.empty() || here == there) return {};
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < there.size(); ++i) places.emplace(there[i], i);
  Places result;
  Names missing;
  for (const std::string& name : here) {
    const auto found = places.find(name);
    if (found == places.end())
      missing.push_back("'" + name + "'");
    else
      result.push_back(found->second);
  }
  if (missing.empty() && here.size() == there.size()) return result;
  constexpr std::size_t kMost = 5;
  const std::size_t more = missing.size() > kMost ? missing.size() - kMost : 0;
  missing.resize(missing.size() - more);
  fail(Failure::usage,
       "{}: its {} {} are not those of the model ({}){}{}; take --like a run or an experiment that "
       "learnt the same",
       file, there.size(), what, here.size(), missing.empty() ? "" : ", it lacks " + join(missing),
       more > 0 ? fmt::format(" and {} more", more) : "");
}

/// Element i of the axis becomes that which stood at places[i].
void reorder(Array& array, std::size_t axis, const Places& places) {
  auto& values = std::get<std::vector<float>>(array.values);
  std::size_t inner = 1;
  for (std::size_t a = axis + 1; a < array.shape.size(); ++a)
    inner *= static_cast<std::size_t>(array.shape[a]);
  const std::size_t row = inner * places.size();
  const std::vector<float> before = values;
  for (std::size_t begin = 0; begin < values.size(); begin += row)
    for (std::size_t i = 0; i < places.size(); ++i)
      std::copy_n(&before[begin + places[i] * inner], inner, &values[begin + i * inner]);
}

}  // namespace

void bring_into_order(Archive& weights, const DescribedRun& like,
                      const std::map<std::string, std::string>& texts, const std::string& name,
                      bool all) {
  const Json there = vocabulary_in(texts), here = vocabulary_of(like);
  const auto places = [&](const char* path, const char* what) {
    return places_of(list_at(here, path), list_at(there, path), what, name);
  };
  const Places text = places("/tokens", "tokens"),
               target = places("/target/tokens", "target tokens"),
               classes = places("/classes", "classes");
  if (text.empty() && target.empty() && classes.empty()) return;
  if (!all)
    fail(Failure::usage,
         "{}: its tokens or classes stand in another order than the model's, and it lacks some of "
         "the weights",
         name);
  const Domain domain = Domain::load(like.vocabulary);
  Archive result;
  for (const auto& [path, array] : weights.entries()) {
    Array ordered = array;
    if (const auto axes = array.attributes.find("axes");
        axes != array.attributes.end() && !path.starts_with("learnt/")) {
      const NamedAxes names =
          names_of_axes({path, axes->second, array.shape, domain,
                         [&](const std::string& other) { return weights.has(other); }});
      for (std::size_t axis = 0; axis < names.size(); ++axis) {
        if (!names[axis] || names[axis]->kind == AxisNames::Kind::value) continue;
        const bool of_classes = names[axis]->kind == AxisNames::Kind::label;
        const bool of_text = !of_classes && names[axis]->names == domain.text.tokens();
        const Places& wanted = of_classes ? classes : of_text ? text : target;
        if (!wanted.empty()) reorder(ordered, axis, wanted);
      }
    }
    result.put(path, std::move(ordered));
  }
  weights = std::move(result);
}

}  // namespace unroll
