#include "torch_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

#include "token_order.hpp"
#include "torch_weights.hpp"

namespace unroll {
namespace {

using Shape = std::vector<std::int64_t>;
/// The tensors of each module: last name and shape.
using Modules = std::map<std::string, std::map<std::string, Shape>>;

std::string full_name(const std::string& module, const std::string& leaf) {
  return module.empty() ? leaf : module + "." + leaf;
}

Modules modules_of(const Archive& tensors) {
  Modules modules;
  for (const auto& [name, array] : tensors.entries()) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos)
      modules[""][name] = array.shape;
    else
      modules[name.substr(0, dot)][name.substr(dot + 1)] = array.shape;
  }
  return modules;
}

bool may_be_missing(const std::string& leaf) {
  return leaf.starts_with("bias");
}

/// Has a module of the file all that is needed, in the same shapes?
bool fits(const Modules::mapped_type& needed, const Modules::mapped_type& there) {
  return std::ranges::all_of(needed, [&](const auto& tensor) {
    const auto found = there.find(tensor.first);
    return found == there.end() ? may_be_missing(tensor.first) : found->second == tensor.second;
  });
}

class Matching {
 public:
  Matching(Modules needed, Modules there, const std::string& file)
      : needed_(std::move(needed)), there_(std::move(there)), file_(file) {}

  void run(std::span<const ModuleName> names) {
    for (const ModuleName& name : names) rename(name);
    for (const auto& [module, tensors] : needed_)
      if (!sources_.contains(module) && there_.contains(module)) take(module, module, "");
    for (const auto& [module, tensors] : needed_)
      if (!sources_.contains(module)) by_shape(module, tensors);
  }

  /// Where a module's tensors are in the file; nothing where they are not.
  std::optional<std::string> source(const std::string& module) const {
    const auto found = sources_.find(module);
    return found == sources_.end() ? std::nullopt : std::optional(found->second);
  }
  const std::string& note(const std::string& module) const { return notes_.at(module); }
  const Modules& needed() const { return needed_; }
  const Modules& there() const { return there_; }

 private:
  static std::vector<std::string> keys(const Modules& modules) {
    std::vector<std::string> names;
    for (const auto& [module, tensors] : modules) names.push_back(module);
    return names;
  }

  void take(const std::string& module, const std::string& from, std::string note) {
    sources_[module] = from;
    notes_[module] = std::move(note);
    claimed_.insert(from);
  }

  void rename(const ModuleName& name) {
    if (!needed_.contains(name.here))
      fail(Failure::usage, "--rename {}={}: this model has no module '{}' ({}){}", name.here,
           name.there, name.here, join(keys(needed_)), did_you_mean(name.here, keys(needed_)));
    if (!there_.contains(name.there))
      fail(Failure::usage, "--rename {}={}: {} has no module '{}' ({}){}", name.here, name.there,
           file_, name.there, join(keys(there_)), did_you_mean(name.there, keys(there_)));
    take(name.here, name.there, "");
  }

  void by_shape(const std::string& module, const Modules::mapped_type& tensors) {
    std::vector<std::string> exact, roomy;
    for (const auto& [other, has] : there_) {
      if (claimed_.contains(other) || needed_.contains(other) || !fits(tensors, has)) continue;
      (has.size() == tensors.size() ? exact : roomy).push_back(other);
    }
    const std::vector<std::string>& candidates = exact.empty() ? roomy : exact;
    if (candidates.size() == 1) return take(module, candidates.front(), "by its shape");
    if (candidates.size() > 1) {
      notes_[module] = fmt::format("could be {}; say which by --rename {}={}",
                                   join(candidates, " or "), module, candidates.front());
      return;
    }
    notes_[module] = "not in the file" + did_you_mean(module, keys(there_));
  }

  Modules needed_, there_;
  const std::string& file_;
  std::map<std::string, std::string> sources_, notes_;
  std::set<std::string> claimed_;
};

/// Single precision, and whether that rounded.
std::optional<std::vector<float>> as_float(const Array& array, bool& rounded) {
  if (const auto* single = std::get_if<std::vector<float>>(&array.values)) return *single;
  const auto* exact = std::get_if<std::vector<double>>(&array.values);
  if (exact == nullptr) return std::nullopt;
  std::vector<float> values;
  for (const double value : *exact) {
    values.push_back(static_cast<float>(value));
    rounded = rounded || static_cast<double>(values.back()) != value;
  }
  return values;
}

/// One tensor of a module; fills its row, and gives the array where it is there.
std::optional<Array> tensor_from(const Archive& file, const Matching& matching,
                                 const std::string& module, const std::string& leaf,
                                 const Shape& shape, ImportRow& row) {
  const auto from = matching.source(module);
  row.note = matching.note(module);
  if (!from) return std::nullopt;
  row.from = full_name(*from, leaf);
  if (!file.has(row.from)) {
    if (!may_be_missing(leaf)) {
      row.note = "not in the file";
      return std::nullopt;
    }
    row.taken = true;
    row.note = "zeros: the file has none";
    std::size_t count = 1;
    for (const std::int64_t dim : shape) count *= static_cast<std::size_t>(dim);
    return Array{shape, std::vector<float>(count, 0.0F), {}};
  }
  const Array& found = file.array(row.from);
  if (found.shape != shape) {
    row.note = shape_text(found.shape) + " there";
    return std::nullopt;
  }
  bool rounded = false;
  auto values = as_float(found, rounded);
  if (!values) {
    row.note = "holds no floating numbers there";
    return std::nullopt;
  }
  row.taken = true;
  if (rounded) row.note += row.note.empty() ? "rounded to float32" : ", rounded to float32";
  return Array{shape, std::move(*values), {}};
}

[[noreturn]] void refuse(const TorchImport& result, const std::string& name) {
  std::vector<std::string> problems;
  for (const ImportRow& row : result.rows)
    if (!row.taken)
      problems.push_back(fmt::format(
          "{} {}{}: {}", row.tensor, row.shape,
          row.from.empty() || row.from == row.tensor ? "" : " (" + row.from + ")", row.note));
  fail(Failure::usage, "{} does not fit the model: {}{}", name, join(problems, "; "),
       result.unused.empty() ? "" : "; not used: " + join(result.unused));
}

}  // namespace

TorchImport import_torch(const TensorFile& file, const std::string& name, const DescribedRun& like,
                         std::span<const ModuleName> names, bool partial) {
  const Choice model = model_choice(like.config);
  Archive tensors = to_torch(like.weights, model);
  Matching matching(modules_of(tensors), modules_of(file.tensors), name);
  matching.run(names);
  TorchImport result;
  std::set<std::string> used;
  bool any = false;
  for (const auto& [module, leaves] : matching.needed())
    for (const auto& [leaf, shape] : leaves) {
      ImportRow row{full_name(module, leaf), {}, shape_text(shape), {}, false};
      if (auto array = tensor_from(file.tensors, matching, module, leaf, shape, row)) {
        tensors.put(row.tensor, std::move(*array));
        used.insert(row.from);
        any = true;
      }
      result.rows.push_back(std::move(row));
    }
  for (const auto& [other, array] : file.tensors.entries())
    if (!used.contains(other)) result.unused.push_back(other + " " + shape_text(array.shape));
  const bool all = std::ranges::all_of(result.rows, &ImportRow::taken);
  if (!any || (!all && !partial)) refuse(result, name);
  result.weights = from_torch(tensors, like.weights, model);
  // What no PyTorch layer holds stays as it is.
  for (const auto& [path, array] : like.weights.entries())
    if (!result.weights.has(path)) result.weights.put(path, array);
  bring_into_order(result.weights, like, file.texts, name, all);
  return result;
}

}  // namespace unroll
