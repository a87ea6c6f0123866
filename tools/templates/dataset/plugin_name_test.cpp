// Are the examples what they should be, the same every time, and none in two splits?
#include <unroll/plugin/registry.hpp>

#include <cstdio>
#include <set>

int main(int, char** arguments) {
  using namespace unroll;
  const Registry registry({arguments[1]});
  const Splits splits = registry.make_dataset({"plugin_name", {}, {}})->load();
  const Splits again = registry.make_dataset({"plugin_name", {}, {}})->load();

  int wrong = 0;
  std::set<std::string> held_out;
  for (const Example& example : splits.validation) held_out.insert(example.text);
  for (std::size_t i = 0; i < splits.train.size(); ++i) {
    const Example& example = splits.train[i];
    const bool right = example.text.size() == 30 && example.label == example.text.substr(0, 1) &&
                       example.text.find_first_of("ab", 1) == std::string::npos;
    const bool same = again.train[i].text == example.text;
    if (!right || !same || held_out.contains(example.text)) ++wrong;
  }
  std::printf("%zu training and %zu validation examples, %d wrong\n", splits.train.size(),
              splits.validation.size(), wrong);
  return wrong == 0 && splits.train.size() == 10000 && splits.validation.size() == 1000 ? 0 : 1;
}
