// Exports the symbol, but says nothing about itself.
#include "../trivial_sampler.hpp"

extern "C" [[gnu::visibility("default")]] const unroll::PluginEntry* unroll_plugin() {
  static constexpr auto entry =
      unroll::detail::plugin_entry<unroll::kinds::sampler, TrivialSampler>("sampler", "silent");
  return &entry;
}
