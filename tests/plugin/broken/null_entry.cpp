// The symbol leads nowhere.
#include "../trivial_sampler.hpp"

[[gnu::used, gnu::retain, gnu::section(UNROLL_MANIFEST_SECTION)]] static const char manifest[] =
    UNROLL_MANIFEST_TEXT("sampler", "nowhere", "1.0.0");

extern "C" [[gnu::visibility("default")]] const unroll::PluginEntry* unroll_plugin() {
  return nullptr;
}
