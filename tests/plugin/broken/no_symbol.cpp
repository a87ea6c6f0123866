// A manifest, and nothing behind it.
#include <unroll/plugin.hpp>

[[gnu::used, gnu::retain, gnu::section(UNROLL_MANIFEST_SECTION)]] static const char manifest[] =
    UNROLL_MANIFEST_TEXT("sampler", "hollow", "1.0.0");
