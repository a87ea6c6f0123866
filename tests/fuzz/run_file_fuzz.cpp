// Any bytes as a run file: refused with its reason or read, nothing else.
//
// The bytes are tried as they are, and sealed again so that what is behind the seal is reached.
#include <unroll/results/run_seal.hpp>

#include "fuzzing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unroll;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  const fuzzing::File file(bytes);
  refused_or_read([&] {
    const std::string whole = read_sealed(file.path());
    if (whole != bytes) __builtin_trap();
    run_from_bytes(whole, file.path(), RunParts::all);
  });
  if (bytes.size() < kUserBlock) return 0;
  seal(bytes);
  refused_or_read([&] { run_from_bytes(bytes, "run.h5", RunParts::all); });
  return 0;
}
