#include <algorithm>

#include <unroll/core/error.hpp>
#include <unroll/model/domain.hpp>

namespace unroll {
namespace {

template <typename T>
std::vector<T> list(const Archive& archive, const std::string& name) {
  if (!archive.has(name)) return {};
  const auto* values = std::get_if<std::vector<T>>(&archive.array(name).values);
  if (values == nullptr) fail(Failure::data, "the saved {} are of the wrong type", name);
  return *values;
}

template <typename T>
void put_list(Archive& archive, const std::string& name, const std::vector<T>& values) {
  if (!values.empty())
    archive.put(name, Array{{static_cast<std::int64_t>(values.size())}, values, {}});
}

std::int64_t number(bool flag) {
  return flag ? 1 : 0;
}

}  // namespace

std::optional<std::int32_t> Domain::find_class(std::string_view label) const {
  const auto found = std::lower_bound(classes.begin(), classes.end(), label);
  if (found == classes.end() || *found != label) return std::nullopt;
  return static_cast<std::int32_t>(found - classes.begin());
}

Archive Domain::save() const {
  Archive archive;
  if (fields.text) archive = text.save();
  if (fields.target) archive.merge("target", target.save());
  put_list(archive, "classes", classes);
  put_list(archive, "class_counts", class_counts);
  put_list(archive, "target_counts", target_counts);
  put_list(archive, "values", fields.values);
  put_list(archive, "features", fields.features);
  put_list(archive, "feature_names", fields.feature_names);
  features.save(archive, "features");
  values.save(archive, "values");
  archive.put("whole", number(fields.whole));
  return archive;
}

Domain Domain::load(const Archive& archive) {
  Domain domain;
  Fields& fields = domain.fields;
  fields.text = archive.has("tokens");
  fields.target = archive.has("target/tokens");
  if (fields.text) domain.text = Vocabulary::load(archive);
  if (fields.target) domain.target = Vocabulary::load(archive.below("target"));
  domain.classes = list<std::string>(archive, "classes");
  domain.class_counts = list<std::int64_t>(archive, "class_counts");
  domain.target_counts = list<std::int64_t>(archive, "target_counts");
  fields.label = !domain.classes.empty();
  fields.values = list<std::string>(archive, "values");
  fields.features = list<std::int64_t>(archive, "features");
  fields.feature_names = list<std::string>(archive, "feature_names");
  domain.features = Scaling::load(archive, "features");
  domain.values = Scaling::load(archive, "values");
  fields.scaled = domain.features.active();
  // Runs of before there were other examples than pieces of streams.
  fields.whole = archive.has("whole") && archive.integer("whole") != 0;
  if (domain.class_counts.size() != domain.classes.size() ||
      !std::is_sorted(domain.classes.begin(), domain.classes.end()))
    fail(Failure::data, "the saved classes are damaged");
  if (!domain.target_counts.empty() && std::ssize(domain.target_counts) != domain.target.size())
    fail(Failure::data, "the saved counts of the target's tokens are damaged");
  if (domain.values.active() && domain.values.mean.size() != fields.values.size())
    fail(Failure::data, "the saved scaling of the values is damaged");
  if (domain.features.active() &&
      (fields.features.empty() || domain.features.mean.size() != scaling_width(fields.features)))
    fail(Failure::data, "the saved scaling of the features is damaged");
  return domain;
}

}  // namespace unroll
