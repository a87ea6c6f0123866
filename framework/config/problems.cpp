#include <unroll/config/problems.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace unroll {
namespace {

constexpr std::size_t kMostLines = 100;

}  // namespace

void Problems::add(const Mark& mark, std::string message, Failure kind) {
  problems_.push_back({mark, std::move(message), kind});
}

std::string Problems::text() const {
  std::map<std::string, std::size_t> files;
  std::vector<std::pair<std::size_t, const Problem*>> sorted;  // with the rank of the file
  for (const auto& problem : problems_) {
    const std::string name = problem.mark.file ? *problem.mark.file : std::string();
    sorted.emplace_back(files.emplace(name, files.size()).first->second, &problem);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.first, a.second->mark.line, a.second->mark.column) <
           std::tuple(b.first, b.second->mark.line, b.second->mark.column);
  });
  std::string out;
  std::set<std::string> seen;
  std::size_t left_out = 0;
  for (const auto& [rank, problem] : sorted) {
    const std::string place = problem->mark.text();
    std::string line = place.empty() ? problem->message : place + ": " + problem->message;
    if (seen.contains(line)) continue;
    if (seen.size() == kMostLines) {
      ++left_out;
      continue;
    }
    if (!out.empty()) out += '\n';
    out += line;
    seen.insert(std::move(line));
  }
  if (left_out > 0) out += fmt::format("\nand {} more", left_out);
  return out;
}

void Problems::throw_if_any() const {
  if (!problems_.empty()) throw Error(problems_.front().kind, text());
}

}  // namespace unroll
