// Two steps computed by hand, a weight without a gradient that must not move, and a restored copy
// that must go on alike.
#include <unroll/plugin/registry.hpp>

#include <cmath>
#include <cstdio>

int main(int, char** arguments) {
  using namespace unroll;
  const Registry registry({arguments[1]});
  const auto optimizer = registry.make_optimizer({"plugin_name", {}, {}});
  float weights[] = {1.0F, -1.0F, 0.0F};
  const float first[] = {0.5F, -2.0F, 0.0F}, second[] = {-0.1F, 30.0F, 0.0F};
  const double rate = 0.125;

  optimizer->update(weights, first, {rate, 1.0, 1});
  // m = 0.01 g = 0.005, -0.02. Then 0.9 m + 0.1 g = -0.0055 (towards +) and 2.98 (towards -).
  const bool once = weights[0] == 0.875F && weights[1] == -0.875F && weights[2] == 0.0F;
  const Archive state = optimizer->save();
  float copy[] = {weights[0], weights[1], weights[2]};
  optimizer->update(weights, second, {rate, 1.0, 2});
  const bool twice = weights[0] == 1.0F && weights[1] == -1.0F && weights[2] == 0.0F;

  const auto resumed = registry.make_optimizer({"plugin_name", {}, {}});
  resumed->restore(state);
  resumed->update(copy, second, {rate, 1.0, 2});
  const bool same = copy[0] == weights[0] && copy[1] == weights[1];
  std::printf("first step %s, second step %s, resumed %s\n", once ? "right" : "WRONG",
              twice ? "right" : "WRONG", same ? "right" : "WRONG");
  return once && twice && same ? 0 : 1;
}
