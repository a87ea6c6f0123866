// sweep.jsonl: what happened in a sweep's folder, one JSON object a line, in the order of time.
//
// Every process that works on the sweep appends to it, each line by one write, so that none tears
// another's. What run files say themselves is not read from here: only why a point failed before
// it had one.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "json_output.hpp"

namespace unroll::cli {

inline constexpr const char* kSweepLog = "sweep.jsonl";

/// Appends {"time": …, "event": event, "point": point, …more}. That it cannot be written (full
/// disk) disturbs nothing else.
void log_event(const std::filesystem::path& folder, std::string_view event, std::string_view point,
               Json more = Json::object());

struct PointFailure {
  std::string message;
  int code = 1;
};

/// The points whose last event is a failure. Lines that are damaged are passed over.
std::map<std::string, PointFailure> last_failures(const std::filesystem::path& folder);

}  // namespace unroll::cli
