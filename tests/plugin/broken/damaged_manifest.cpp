// A manifest that is not one.
#include <unroll/plugin.hpp>

[[gnu::used, gnu::retain, gnu::section(UNROLL_MANIFEST_SECTION)]] static const char manifest[] =
    "unroll-plugin\nkind: saxophone\nname: tenor\nversion: 1.0.0\nabi: 1\n";
