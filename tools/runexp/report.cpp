// runexp report: runs in one page that a browser opens from disk.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <unroll/comparison/collect.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/text.hpp>
#include <unroll/results/run_lock.hpp>

#include "commands.hpp"
#include "interrupt.hpp"
#include "report_data.hpp"
#include "report_page.hpp"
#include "report_server.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> runs;
  std::string output;
  bool force = false;
  bool json = false;
  bool follow = false;
  int port = 8100;
};

/// RUN.html beside a single run, else report.html in the folder that holds all of them.
fs::path usual_output(const std::vector<fs::path>& files) {
  if (files.size() == 1) return fs::path(files.front()).replace_extension(".html");
  fs::path common = fs::absolute(files.front()).parent_path().lexically_normal();
  for (const fs::path& file : files)
    while (fs::absolute(file).lexically_normal().lexically_relative(common).begin()->string() ==
           "..")
      common = common.parent_path();
  return fs::relative(common) / "report.html";
}

void write_page(const fs::path& output, const std::string& page, bool force) {
  std::error_code problem;
  if (fs::exists(output, problem)) {
    if (!fs::is_regular_file(output) || !looks_like_report(read_file(output)))
      fail(Failure::usage, "{}: exists and is not a report; choose another name", output.string());
    if (!force)
      fail(Failure::usage,
           "{}: exists already; give --force to replace it, or another name with -o",
           output.string());
  }
  write_file_atomically(output, page);
}

/// What tells that a report would be another one: its files and their journals, by size and time,
/// and who writes them.
std::string state_of(const std::vector<fs::path>& files) {
  std::string state;
  for (const fs::path& file : files) {
    for (const fs::path& part : {file, fs::path(file.string() + ".journal")}) {
      std::error_code absent;
      const std::uintmax_t size = fs::file_size(part, absent);
      const auto time = absent ? 0 : fs::last_write_time(part, absent).time_since_epoch().count();
      fmt::format_to(std::back_inserter(state), "{} {} {}\n", part.string(), absent ? 0 : size,
                     time);
    }
    state += run_writer(file) ? "written\n" : "\n";
  }
  return state;
}

int follow(const Options& options) {
  std::string last_state;
  Json last;
  const auto newest = [&] {
    const std::vector<fs::path> files = comparison::find_runs(options.runs);
    std::string state = state_of(files);
    if (state != last_state) {
      last = read_report_data(files).json;
      last_state = std::move(state);
    }
    return last;
  };
  serve_report(options.port, newest, stop_flag(), [](const std::string& address) {
    fmt::print("{}\n", address);
    std::fflush(stdout);
    fmt::print(stderr, "the report is served there while runs go on; Ctrl-C ends it\n");
  });
  return 0;
}

int run_report(const Options& options) {
  if (options.follow) return follow(options);
  const std::vector<fs::path> files = comparison::find_runs(options.runs);
  if (files.empty()) fail(Failure::data, "there are no run files in {}", join(options.runs));
  const ReportData data = read_report_data(files);
  for (const std::string& problem : data.problems)
    fmt::print(stderr, "{} {}\n", styled(stderr, Style::red, "runexp:"), printable(problem));
  const int code = data.problems.empty() ? 0 : static_cast<int>(Failure::data);
  if (options.json) {
    print_json(data.json);
    return code;
  }
  const fs::path output = options.output.empty() ? usual_output(files) : fs::path(options.output);
  const std::string page = report_page(data.json, PageKind::file);
  write_page(output, page, options.force);
  const std::size_t count = data.json["runs"].size();
  fmt::print("{}  {} run{}, {}\n", printable(output.string()), count, count == 1 ? "" : "s",
             human_bytes(page.size()));
  return code;
}

}  // namespace

void add_report(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "report", "runs in one page that a browser opens from disk",
                  "runexp report runs -o report.html", options, run_report);
  command.add_option("runs", options->runs, "run files, folders, patterns")->required();
  command.add_option(
      "-o,--output", options->output,
      "the page; else RUN.html beside one run, report.html in the folder of several");
  command.add_flag("--force", options->force, "replaces a report");
  CLI::Option* json =
      command.add_flag("--json", options->json, "what the page would show, as JSON");
  command
      .add_flag("--follow", options->follow,
                "serves the page on 127.0.0.1 while runs go on, redrawn as they do")
      ->excludes(json)
      ->excludes("--output");
  command.add_option("--port", options->port, "with --follow: the port, 0 for any that is free")
      ->check(CLI::Range(0, 65535))
      ->needs("--follow")
      ->capture_default_str();
}

}  // namespace unroll::cli
