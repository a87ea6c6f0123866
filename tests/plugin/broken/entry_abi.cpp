// The manifest is right, the table behind the symbol is of another ABI.
#include "../trivial_sampler.hpp"

[[gnu::used, gnu::retain, gnu::section(UNROLL_MANIFEST_SECTION)]] static const char manifest[] =
    UNROLL_MANIFEST_TEXT("sampler", "mixed", "1.0.0");

extern "C" [[gnu::visibility("default")]] const unroll::PluginEntry* unroll_plugin() {
  static auto entry =
      unroll::detail::plugin_entry<unroll::kinds::sampler, TrivialSampler>("sampler", "mixed");
  entry.abi = 7;
  return &entry;
}
