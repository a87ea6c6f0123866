#include "check.hpp"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <utility>

namespace unroll::conformance {

PluginChoice Examination::choice(const Node& options) const {
  Node all = subject_.options;
  for (const Node::Entry& entry : options.entries()) all = all.with(entry.key, entry.value);
  return {subject_.name, all, {}};
}

void Examination::found(Finding finding) {
  ++findings_;
  listener_.found(finding);
}

Check loads() {
  return {"loads", "its library can be loaded", [](Examination& examination) {
            examination.registry().find(examination.subject().kind, examination.subject().name);
          }};
}

const std::vector<Check>& checks_of(std::string_view kind) {
  static const std::map<std::string, std::vector<Check>, std::less<>> all{
      {"cell", cell_checks()},           {"architecture", architecture_checks()},
      {"tokenizer", tokenizer_checks()}, {"sampler", sampler_checks()},
      {"encoder", encoder_checks()},     {"dataset", dataset_checks()},
      {"optimizer", optimizer_checks()}};
  const auto found = all.find(kind);
  if (found == all.end()) throw std::invalid_argument(fmt::format("no kind '{}'", kind));
  return found->second;
}

}  // namespace unroll::conformance
