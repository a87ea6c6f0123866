// Are tokens drawn as often as their probabilities say? A chi-squared test of a known distribution.
#include <unroll/plugin/registry.hpp>

#include <cmath>
#include <cstdio>
#include <limits>

int main(int, char** arguments) {
  using namespace unroll;
  const Registry registry({arguments[1]});
  const auto sampler = registry.make_sampler({"plugin_name", {}, {}});

  // Of probabilities 8 : 4 : 2 : 0.5 : 0 the fourth is below a tenth of the first.
  const float logits[] = {std::log(8.0F), std::log(4.0F), std::log(2.0F), std::log(0.5F),
                          -std::numeric_limits<float>::infinity()};
  const double expected[] = {8.0 / 14, 4.0 / 14, 2.0 / 14, 0, 0};
  constexpr int kDraws = 20000;
  int seen[5] = {};
  RandomStream random(1, "test");
  sampler->begin();
  for (int i = 0; i < kDraws; ++i) ++seen[sampler->choose(logits, random)];

  double chi_squared = 0;
  for (int id = 0; id < 3; ++id) {
    const double wanted = kDraws * expected[id];
    chi_squared += (seen[id] - wanted) * (seen[id] - wanted) / wanted;
  }
  std::printf("chi-squared %.2f with 2 degrees of freedom; %d draws of what is cut off\n",
              chi_squared, seen[3] + seen[4]);
  return chi_squared < 13.8 && seen[3] + seen[4] == 0 ? 0 : 1;  // 13.8: once in a thousand
}
