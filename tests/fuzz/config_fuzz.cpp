// Any text as an experiment, and as a --set: problems with their places, or a tree that its own
// text gives again.
#include <unroll/config/override.hpp>
#include <unroll/config/yaml.hpp>

#include "fuzzing.hpp"

namespace {

void same_again(const unroll::Node& tree) {
  using namespace unroll;
  for (const std::string& text : {to_yaml(tree), to_flow_yaml(tree)}) {
    Problems problems;
    const Node again = load_yaml_text(text, "again.yaml", problems);
    // The text of a tree may be larger than a file may be.
    if (problems.empty() && !same_value(tree, again)) __builtin_trap();
    if (!problems.empty() && text.size() < 100'000) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unroll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Problems problems;
  const Node tree = load_yaml_text(text.substr(0, text.rfind('\0')), "fuzz.yaml", problems);
  if (problems.empty()) same_again(tree);
  if (!problems.empty() && problems.text().empty()) __builtin_trap();
  if (const std::size_t last = text.rfind('\0'); last != std::string_view::npos) {
    Problems more;
    const Node changed = apply_override(tree, text.substr(last + 1), more);
    // A long one may nest deeper than a file may.
    if (problems.empty() && more.empty() && size - last < 100) same_again(changed);
  }
  return 0;
}
