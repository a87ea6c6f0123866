// What a report shows, as JSON: a function of run files alone, small enough for a page.
//
//   title, table {columns, rows}, groups [{title, runs}], headline, larger_is_better, runs [{…}]
//
// tools/report/ draws it. Curves, samples and histograms are thinned the more, the more runs there
// are, so that twenty runs stay below 5 MB; docs/report.md says how.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "json_output.hpp"

namespace unroll::cli {

struct ReportData {
  Json json;
  std::vector<std::string> problems;  ///< messages of files that could not be read
};

/// Runs in the order of the files. Throws Error(data) if none of them can be read.
ReportData read_report_data(const std::vector<std::filesystem::path>& files);

}  // namespace unroll::cli
