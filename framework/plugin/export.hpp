// UNROLL_PLUGIN: the one line that makes a class a plugin.
//
//   class MinimalGatedUnit final : public unroll::Cell {
//    public:
//     struct Options { … };
//     static void describe(unroll::Schema<Options>& schema);
//     MinimalGatedUnit(const Options&, const unroll::CellSizes&, const unroll::Parameters&);
//     …
//   };
//   UNROLL_PLUGIN(cell, "mgu", "1.0.0", MinimalGatedUnit)
//
// Kind is cell, architecture, tokenizer, sampler, encoder, dataset or optimizer; the header of
// each in unroll/model/ documents the constructor. Write the line once a library, outside any
// namespace. It puts the manifest into a section of the library, where it is read before any code
// runs, and exports one symbol. No constructor runs when the library is loaded.
#pragma once

#include <unroll/plugin/entry.hpp>
#include <unroll/plugin/manifest.hpp>

#define UNROLL_PLUGIN(kind, name, version, Class)                                        \
  [[gnu::used, gnu::retain,                                                              \
    gnu::section(UNROLL_MANIFEST_SECTION)]] static const char unroll_manifest_text[] =   \
      UNROLL_MANIFEST_TEXT(#kind, name, version);                                        \
  extern "C" [[gnu::visibility("default")]] const unroll::PluginEntry* unroll_plugin() { \
    static constexpr auto entry =                                                        \
        unroll::detail::plugin_entry<unroll::kinds::kind, Class>(#kind, name);           \
    return &entry;                                                                       \
  }
