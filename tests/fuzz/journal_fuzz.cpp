// Any bytes as a journal: as they are, and with the checksum of each line made right.
#include <unroll/core/sha256.hpp>
#include <unroll/results/journal.hpp>

#include "fuzzing.hpp"

namespace {

std::string checked(std::string_view text) {
  std::string lines;
  for (std::size_t end = 0; !text.empty(); text.remove_prefix(std::min(end + 1, text.size()))) {
    end = std::min(text.find('\n'), text.size());
    const std::string_view body = text.substr(0, end);
    lines += unroll::sha256(body).substr(0, 16);
    lines += " ";
    lines += body;
    lines += "\n";
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unroll;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string& body : {std::string(text), checked(text)}) {
    RunRecord record;
    refused_or_read(
        [&] { fold_journal("UNROLLJOURNAL 1 seal\n" + body, "seal", "run.h5.journal", record); });
    for (const auto& [split, table] : record.metrics)
      for (const auto& [name, column] : table.columns)
        if (column.values.size() != table.rows()) __builtin_trap();
    if (size % 16 != 0) continue;
    // What was folded must be what a checkpoint can hold, which takes its time.
    refused_or_read([&] {
      const std::string bytes = run_to_bytes(record);
      const RunRecord again = run_from_bytes(bytes, "run.h5", RunParts::all);
      if (again.samples.size() != record.samples.size()) __builtin_trap();
    });
  }
  return 0;
}
