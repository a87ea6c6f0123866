#include <unroll/training/transfer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/training/named_axes.hpp>

namespace unroll {
namespace {

constexpr const char* kNotInRun = "not in the run";

std::vector<std::int64_t> shape_of(const Parameter& parameter) {
  const auto dims = parameter.value().shape().dims();
  return {dims.begin(), dims.end()};
}

std::string attribute(const Array& array, const char* name) {
  const auto found = array.attributes.find(name);
  return found == array.attributes.end() ? "" : found->second;
}

std::vector<std::string> names_in(const Archive& weights) {
  std::vector<std::string> names;
  for (const auto& [name, array] : weights.entries())
    if (!name.starts_with("learnt/")) names.push_back(name);
  return names;
}

std::vector<std::string> names_in(const Model& model) {
  std::vector<std::string> names;
  for (const Parameter* parameter : model.parameters->all()) names.push_back(parameter->name());
  return names;
}

/// Where on the run's axis each place of the model's axis stands; -1: nowhere.
struct AxisMap {
  std::vector<std::int64_t> places;
  std::int64_t known = 0;
  bool by_name = false;
};

AxisMap same_places(std::int64_t size) {
  AxisMap map;
  for (std::int64_t i = 0; i < size; ++i) map.places.push_back(i);
  map.known = size;
  return map;
}

AxisMap places_by_name(const std::vector<std::string>& here,
                       const std::vector<std::string>& there) {
  std::unordered_map<std::string_view, std::int64_t> places;
  for (std::size_t i = 0; i < there.size(); ++i)
    places.emplace(there[i], static_cast<std::int64_t>(i));
  AxisMap map;
  map.by_name = true;
  for (const std::string& name : here) {
    const auto found = places.find(name);
    map.places.push_back(found == places.end() ? -1 : found->second);
    map.known += found == places.end() ? 0 : 1;
  }
  return map;
}

/// A map for each axis; nothing where one of them does not fit.
std::optional<std::vector<AxisMap>> match_axes(const NamedAxes& here,
                                               const std::vector<std::int64_t>& shape,
                                               const NamedAxes& there,
                                               const std::vector<std::int64_t>& from_shape) {
  if (shape.size() != from_shape.size()) return std::nullopt;
  std::vector<AxisMap> maps;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const bool named = here[axis] && there[axis];
    if (named && here[axis]->kind != there[axis]->kind) return std::nullopt;
    if (named && here[axis] != there[axis])
      maps.push_back(places_by_name(here[axis]->names, there[axis]->names));
    else if (shape[axis] == from_shape[axis])
      maps.push_back(same_places(shape[axis]));
    else
      return std::nullopt;
    if (maps.back().known == 0) return std::nullopt;
  }
  return maps;
}

/// Copies every element that stands on all axes of both.
void gather(std::span<float> into, const std::vector<float>& from, const std::vector<AxisMap>& axes,
            const std::vector<std::int64_t>& from_shape) {
  std::vector<std::size_t> at(axes.size(), 0);
  for (float& element : into) {
    std::int64_t source = 0;
    for (std::size_t axis = 0; axis < axes.size() && source >= 0; ++axis) {
      const std::int64_t place = axes[axis].places[at[axis]];
      source = place < 0 ? -1 : source * from_shape[axis] + place;
    }
    if (source >= 0) element = from[static_cast<std::size_t>(source)];
    for (std::size_t axis = axes.size(); axis-- > 0;) {  // the next place, the last axis first
      if (++at[axis] < axes[axis].places.size()) break;
      at[axis] = 0;
    }
  }
}

}  // namespace

std::optional<std::string> match_name(const std::string& pattern, const std::string& name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos)
    return pattern == name ? std::optional(std::string()) : std::nullopt;
  const std::string_view begin = std::string_view(pattern).substr(0, star);
  const std::string_view end = std::string_view(pattern).substr(star + 1);
  if (name.size() < begin.size() + end.size() || !name.starts_with(begin) || !name.ends_with(end))
    return std::nullopt;
  return name.substr(star, name.size() - begin.size() - end.size());
}

TransferSource::TransferSource(const TransferOptions& options) : options_(options) {
  RunRecord run = open_run(options.run);
  weights_ = std::move(run.best ? run.best->weights : run.weights);
  step_ = run.best ? run.best->step : run.step;
  domain_ = Domain::load(run.vocabulary);
  if (names_in(weights_).empty())
    fail(Failure::usage, "initialize_from {}: this run has learnt no weights{}", options.run,
         weights_.entries().empty() ? " yet" : ", only counts");
}

void TransferSource::lend_vocabulary(Domain& domain) const {
  const auto lend = [&](bool wanted, bool there, const Vocabulary& from, Vocabulary& to,
                        const char* what) {
    if (!wanted || !there) return;
    if ((to.special().begin && !from.special().begin) || (to.special().end && !from.special().end))
      fail(Failure::usage,
           "initialize_from {}: its {} was learnt from one long stream and has no tokens for the "
           "beginning and the end, which this data needs; train that run on whole texts (data: "
           "text, unit: line), or leave out vocabulary: true",
           options_.run, what);
    to = from;
  };
  lend(domain.fields.text, domain_.fields.text, domain_.text, domain.text, "vocabulary");
  lend(domain.fields.target, domain_.fields.target, domain_.target, domain.target,
       "target's vocabulary");
}

std::optional<std::string> TransferSource::source_of(const std::string& parameter) const {
  if (options_.weights.empty()) return parameter;
  for (const TransferOptions::Pair& pair : options_.weights)
    if (const auto middle = match_name(pair.into, parameter)) {
      std::string name = pair.from;
      if (const std::size_t star = name.find('*'); star != std::string::npos)
        name.replace(star, 1, *middle);
      return name;
    }
  return std::nullopt;
}

void TransferSource::check_patterns(const Model& model) const {
  const std::vector<std::string> here = names_in(model), there = names_in(weights_);
  const auto fits_one = [](const std::string& pattern, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return match_name(pattern, name); });
  };
  for (const auto& [into, from] : options_.weights) {
    if (!fits_one(into, here))
      fail(Failure::usage, "initialize_from: weights: '{}' is no parameter of this model ({}){}",
           into, join(here), did_you_mean(into, here));
    if (!fits_one(from, there))
      fail(Failure::usage, "initialize_from: weights: '{}' is no parameter of {} ({}){}", from,
           options_.run, join(there), did_you_mean(from, there));
  }
}

TransferRow TransferSource::transfer(Model& model, const Parameter& parameter) const {
  const std::vector<std::int64_t> shape = shape_of(parameter);
  TransferRow row;
  row.parameter = parameter.name();
  row.shape = shape_text(shape);
  const std::optional<std::string> from = source_of(parameter.name());
  if (!from) {
    row.note = "not asked for";
    return row;
  }
  row.from = *from;
  if (!weights_.has(*from)) {
    row.note = kNotInRun;
    return row;
  }
  const Array& saved = weights_.array(*from);
  const std::string gates = attribute(saved, "gates"), axes = attribute(saved, "axes");
  const auto* numbers = std::get_if<std::vector<float>>(&saved.values);
  const NamedAxes here = names_of_axes(
      {parameter.name(), parameter.notes().axes, shape, *model.domain,
       [&](const std::string& name) { return model.parameters->find(name) != nullptr; }});
  const NamedAxes there =
      names_of_axes({*from, axes, saved.shape, domain_,
                     [&](const std::string& name) { return weights_.has(name); }});
  std::optional<std::vector<AxisMap>> maps;
  if (numbers != nullptr && gates == parameter.notes().gates)
    maps = match_axes(here, shape, there, saved.shape);
  if (maps) {
    const std::span<float> values = model.parameters->values();
    const auto begin = static_cast<std::size_t>(parameter.value().data<float>() - values.data());
    gather(values.subspan(begin, static_cast<std::size_t>(parameter.size())), *numbers, *maps,
           saved.shape);
    row.taken = true;
    for (const AxisMap& map : *maps)
      if (map.by_name)
        row.note = fmt::format("{} of {} known by name", map.known, map.places.size());
    return row;
  }
  row.note = gates == parameter.notes().gates
                 ? fmt::format("{} there", shape_text(saved.shape))
                 : fmt::format("gates {} there", gates.empty() ? "none" : gates);
  if (std::ranges::find(options_.weights, row.parameter, &TransferOptions::Pair::into) !=
      options_.weights.end())
    fail(Failure::usage, "initialize_from {}: {} {} does not fit {} {}", options_.run, *from,
         row.note, row.parameter, row.shape);
  return row;
}

void TransferSource::refuse(const TransferList& list) const {
  std::vector<std::string> wanted, there;
  for (const TransferRow& row : list.rows)
    wanted.push_back(fmt::format("{} {}{}", row.parameter, row.shape,
                                 row.note == kNotInRun ? "" : " (" + row.note + ")"));
  for (const std::string& name : names_in(weights_))
    there.push_back(name + " " + shape_text(weights_.array(name).shape));
  fail(Failure::usage,
       "initialize_from {}: nothing of it fits this model; here: {}; there: {}; names that differ "
       "are told by weights: {{\"encoder/recurrence/*\": \"recurrence/*\"}}",
       options_.run, join(wanted), join(there));
}

TransferList TransferSource::transfer_to(Model& model) const {
  check_patterns(model);
  TransferList list{options_.run, step_, {}, {}};
  for (const Parameter* parameter : model.parameters->all())
    list.rows.push_back(transfer(model, *parameter));
  if (std::ranges::none_of(list.rows, &TransferRow::taken)) refuse(list);
  for (const std::string& name : names_in(weights_))
    if (std::ranges::none_of(list.rows,
                             [&](const TransferRow& row) { return row.taken && row.from == name; }))
      list.left.push_back(name + " " + shape_text(weights_.array(name).shape));
  return list;
}

std::string TransferList::text() const {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> part, fresh;
  std::size_t taken = 0;
  for (const TransferRow& row : rows) {
    taken += row.taken ? 1 : 0;
    if (row.taken && !row.note.empty()) part.push_back(row.parameter + " " + row.note);
    if (!row.taken) fresh.push_back(row.parameter);
  }
  const auto some = [](std::vector<std::string> names) {
    const std::size_t more = names.size() > kMost ? names.size() - kMost : 0;
    names.resize(names.size() - more);
    return join(names) + (more > 0 ? fmt::format(" and {} more", more) : "");
  };
  std::string text =
      fmt::format("{} of {} parameters from {} (step {})", taken, rows.size(), run, step);
  if (!part.empty()) text += "; " + some(part);
  if (!fresh.empty()) text += "; fresh: " + some(fresh);
  return text;
}

Archive TransferList::save() const {
  Archive archive;
  archive.put("run", run);
  archive.put("step", step);
  std::vector<std::string> parameters, froms, shapes, notes;
  std::vector<std::uint8_t> taken;
  for (const TransferRow& row : rows) {
    parameters.push_back(row.parameter);
    froms.push_back(row.from);
    shapes.push_back(row.shape);
    notes.push_back(row.note);
    taken.push_back(row.taken ? 1 : 0);
  }
  const auto count = static_cast<std::int64_t>(rows.size());
  archive.put("parameter", Array{{count}, parameters, {}});
  archive.put("from", Array{{count}, froms, {}});
  archive.put("shape", Array{{count}, shapes, {}});
  archive.put("taken", Array{{count}, taken, {}});
  archive.put("note", Array{{count}, notes, {}});
  return archive;
}

void freeze(Model& model, const std::vector<std::string>& patterns) {
  const std::vector<std::string> names = names_in(model);
  for (const std::string& pattern : patterns)
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return match_name(pattern, name); }))
      fail(Failure::usage, "freeze: '{}' is no parameter of this model ({}){}", pattern,
           join(names), did_you_mean(pattern, names));
  std::int64_t frozen = 0;
  for (Parameter* parameter : model.parameters->all())
    if (std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
          return match_name(pattern, parameter->name());
        })) {
      model.parameters->freeze(*parameter);
      frozen += parameter->size();
    }
  if (frozen > 0 && frozen == model.parameters->count())
    fail(Failure::usage, "freeze: nothing is left to learn");
}

}  // namespace unroll
