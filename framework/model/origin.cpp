#include <unroll/model/origin.hpp>

namespace unroll {

void rethrow_naming(const Origin& origin, const std::string& doing) {
  const char* did = "threw";
  try {
    throw;
  } catch (const BrokenContract&) {
    did = "broke its contract";
  } catch (...) {
  }
  throw PluginError(Failure::plugin,
                    fmt::format("{} '{}' {} {}: {} ({})", origin.kind, origin.name, did, doing,
                                current_exception_text(), origin.file));
}

}  // namespace unroll
