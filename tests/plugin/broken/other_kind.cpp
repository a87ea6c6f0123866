// The manifest says one kind, the code another.
#include "../trivial_sampler.hpp"

[[gnu::used, gnu::retain, gnu::section(UNROLL_MANIFEST_SECTION)]] static const char manifest[] =
    UNROLL_MANIFEST_TEXT("tokenizer", "wolf", "1.0.0");

extern "C" [[gnu::visibility("default")]] const unroll::PluginEntry* unroll_plugin() {
  static constexpr auto entry =
      unroll::detail::plugin_entry<unroll::kinds::sampler, TrivialSampler>("sampler", "wolf");
  return &entry;
}
