// Any bytes as a plugin library: its manifest is found, or it is refused; nothing is loaded.
#include <unroll/plugin/elf.hpp>
#include <unroll/plugin/manifest.hpp>

#include "fuzzing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unroll;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  refused_or_read([&] { static_cast<void>(mismatch(parse_manifest(bytes))); });
  const fuzzing::File file(bytes);
  refused_or_read([&] {
    if (const auto text = read_elf_section(file.path(), UNROLL_MANIFEST_SECTION))
      static_cast<void>(mismatch(parse_manifest(*text)));
  });
  refused_or_read(
      [&] { static_cast<void>(read_elf_section(file.path(), ".init_array", 1 << 20)); });
  return 0;
}
