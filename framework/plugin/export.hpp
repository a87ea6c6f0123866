// UNROLL_PLUGIN: the one line that makes a class a plugin.
//
//   class MinimalGatedUnit final : public unroll::Cell { … };
//   UNROLL_PLUGIN(cell, "mgu", "1.0.0", MinimalGatedUnit)
//
// One library holds one plugin. The line writes the manifest (kind, name, version, ABI stamp) into
// a section of the library, where it is read before any code runs, and exports one symbol.
#pragma once

#include <unroll/plugin/entry.hpp>
#include <unroll/plugin/manifest.hpp>

#define UNROLL_PLUGIN(kind, name, version, Class)  // filled in by the plugin room's author
