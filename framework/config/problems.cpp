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
  const auto file = [](const Problem& p) { return p.mark.file ? *p.mark.file : std::string(); };
  std::map<std::string, std::size_t> order;
  for (const auto& problem : problems_) order.emplace(file(problem), order.size());
  std::vector<const Problem*> sorted;
  for (const auto& problem : problems_) sorted.push_back(&problem);
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Problem* a, const Problem* b) {
    return std::tuple(order[file(*a)], a->mark.line, a->mark.column) <
           std::tuple(order[file(*b)], b->mark.line, b->mark.column);
  });
  std::string out;
  std::set<std::string> seen;
  std::size_t left_out = 0;
  for (const Problem* problem : sorted) {
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
