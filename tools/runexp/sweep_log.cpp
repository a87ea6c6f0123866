#include "sweep_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include <unroll/results/run_record.hpp>

namespace unroll::cli {

void log_event(const std::filesystem::path& folder, std::string_view event, std::string_view point,
               Json more) {
  Json line = {{"time", iso_time_now()}, {"event", event}, {"point", point}};
  line.update(more);
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const int file =
      ::open((folder / kSweepLog).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return;
  static_cast<void>(::write(file, text.data(), text.size()) < 0);
  ::close(file);
}

std::map<std::string, PointFailure> last_failures(const std::filesystem::path& folder) {
  std::map<std::string, PointFailure> failures;
  std::ifstream file(folder / kSweepLog);
  for (std::string text; std::getline(file, text);) {
    const Json line = Json::parse(text, nullptr, false);
    if (!line.is_object() || !line.contains("point") || !line["point"].is_string()) continue;
    const auto point = line["point"].get<std::string>();
    if (line.value("event", "") == "failed")
      failures[point] = {line.value("message", ""), line.value("code", 1)};
    else
      failures.erase(point);
  }
  return failures;
}

}  // namespace unroll::cli
