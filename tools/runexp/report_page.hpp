// The page of a report: one HTML file with its style, scripts, chart library and data inside, made
// of the files of share/unroll/report.
#pragma once

#include <string>
#include <string_view>

#include "json_output.hpp"

namespace unroll::cli {

enum class PageKind { file, served };

/// The whole page. It may load nothing from anywhere (a served one asks its own server for data),
/// and its content security policy allows no script but those inside, by their SHA-256: whatever
/// texts and names a run file holds, they stay texts. Throws Error(run) where the installation
/// lacks a file of the page.
std::string report_page(const Json& data, PageKind kind);

/// Does a file begin as reports do?
bool looks_like_report(std::string_view content);

}  // namespace unroll::cli
