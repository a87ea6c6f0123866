#include "tensorboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>

#include <unroll/core/text.hpp>

#include "event_file.hpp"

namespace unroll {
namespace {

/// When a step was done, by the seconds that the run recorded beside its steps.
class Clock {
 public:
  explicit Clock(const RunRecord& run) : begin_(seconds_of(run.created)) {
    for (const auto& [split, table] : run.timing) {
      const std::vector<double>* seconds = table.find("seconds");
      if (seconds == nullptr) continue;
      for (std::size_t row = 0; row < table.rows(); ++row)
        if (!std::isnan((*seconds)[row])) points_[table.steps[row]] = (*seconds)[row];
    }
    points_.try_emplace(0, 0.0);
  }

  double at(std::int64_t step) const {
    const auto after = points_.lower_bound(step);
    if (after == points_.end()) return begin_ + points_.rbegin()->second;
    if (after->first == step || after == points_.begin()) return begin_ + after->second;
    const auto before = std::prev(after);
    const double share = static_cast<double>(step - before->first) /
                         static_cast<double>(after->first - before->first);
    return begin_ + before->second + share * (after->second - before->second);
  }

 private:
  double begin_;
  std::map<std::int64_t, double> points_;
};

/// As a block of code in Markdown, which keeps lines and blanks.
std::string block(const std::string& text) {
  std::string result = "    ";
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "    ";
  }
  return result;
}

std::string utf8(const std::string& text) {
  std::string result;
  std::string_view rest = text;
  while (const auto bad = first_invalid_utf8(rest)) {
    result += rest.substr(0, *bad);
    result += "\xef\xbf\xbd";
    rest.remove_prefix(*bad + 1);
  }
  return result.append(rest);
}

void add_scalars(const MetricTables& tables, const Clock& clock, double created,
                 std::map<std::string, EventFile>& files) {
  for (const auto& [split, table] : tables) {
    EventFile& file = files.try_emplace(split, created).first->second;
    for (std::size_t row = 0; row < table.rows(); ++row)
      for (const auto& [name, column] : table.columns)
        if (!std::isnan(column.values[row]))
          file.scalar(utf8(name), table.steps[row], clock.at(table.steps[row]), column.values[row],
                      utf8(column.unit));
  }
}

void add_samples(const RunRecord& run, const Clock& clock, EventFile& file) {
  for (const RunSample& sample : run.samples) {
    std::string shown = block(utf8(sample.prompt + sample.text));
    if (!sample.expected.empty())
      shown = "given\n\n" + block(utf8(sample.prompt)) + "\n\nexpected\n\n" +
              block(utf8(sample.expected)) + "\n\nwritten\n\n" + block(utf8(sample.text));
    file.text("samples/" + utf8(sample.sampler), sample.step, clock.at(sample.step), shown);
  }
}

/// Of weights/PARAMETER and gradients/PARAMETER: counts [R, B] between low [R] and high [R].
void add_histograms(const Archive& rows, const Clock& clock, EventFile& file) {
  if (!rows.has("step")) return;
  const auto& steps = std::get<std::vector<std::int64_t>>(rows.array("step").values);
  constexpr std::string_view kCounts = "/counts";
  for (const auto& [name, array] : rows.entries()) {
    if (!name.ends_with(kCounts)) continue;
    const std::string place = name.substr(0, name.size() - kCounts.size());
    const auto& counts = std::get<std::vector<std::int64_t>>(array.values);
    const auto& low = std::get<std::vector<double>>(rows.array(place + "/low").values);
    const auto& high = std::get<std::vector<double>>(rows.array(place + "/high").values);
    const std::size_t bins = counts.size() / std::max<std::size_t>(steps.size(), 1);
    for (std::size_t row = 0; row < steps.size(); ++row) {
      const auto begin = counts.begin() + static_cast<std::ptrdiff_t>(row * bins);
      file.histogram(utf8(place), steps[row], clock.at(steps[row]),
                     {low[row], high[row], {begin, begin + static_cast<std::ptrdiff_t>(bins)}});
    }
  }
}

}  // namespace

double seconds_of(const std::string& iso_time) {
  std::tm utc{};
  const char* end = ::strptime(iso_time.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return end != nullptr && *end == '\0' ? static_cast<double>(::timegm(&utc)) : 0;
}

std::vector<std::pair<std::string, std::string>> tensorboard_files(const RunRecord& run) {
  const double created = seconds_of(run.created);
  const Clock clock(run);
  std::map<std::string, EventFile> files;
  add_scalars(run.metrics, clock, created, files);
  add_scalars(run.timing, clock, created, files);
  if (!run.samples.empty())
    add_samples(run, clock, files.try_emplace("train", created).first->second);
  if (!run.histograms.entries().empty())
    add_histograms(run.histograms, clock, files.try_emplace("train", created).first->second);
  std::vector<std::pair<std::string, std::string>> result;
  for (const auto& [split, file] : files)
    result.emplace_back(fmt::format("{}/events.out.tfevents.{:.0f}.unroll", split, created),
                        file.bytes());
  return result;
}

}  // namespace unroll
