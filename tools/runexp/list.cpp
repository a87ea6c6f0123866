// runexp list: the runs of a folder in a table.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <unroll/core/error.hpp>

#include "commands.hpp"
#include "json_output.hpp"
#include "open_run.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string folder = "runs";
  bool json = false;
};

struct Row {
  fs::path file;
  RunRecord run;
  std::string status;
  std::optional<double> best_loss, best_bits;
};

std::optional<double> smallest(const MetricTable& table, std::string_view name) {
  const std::vector<double>* values = table.find(name);
  std::optional<double> least;
  if (values == nullptr) return least;
  for (const double value : *values)
    if (value == value && (!least || value < *least)) least = value;
  return least;
}

Row read_row(const fs::path& file) {
  const bool written = run_writer(file).has_value();
  Row row{file, read_run(file.string(), RunParts::without_arrays), {}, {}, {}};
  row.status = to_text(row.run.status);
  // Asked before and after: a run that ends or begins meanwhile was not killed.
  if (row.run.status == RunStatus::running && !written && !run_writer(file)) row.status = "killed";
  const auto validation = row.run.metrics.find("validation");
  if (validation != row.run.metrics.end()) {
    row.best_loss = smallest(validation->second, "loss");
    row.best_bits = smallest(validation->second, "bits_per_character");
  }
  return row;
}

std::vector<fs::path> run_files(const fs::path& folder) {
  if (!fs::is_directory(folder))
    fail(Failure::data, "{}: there is no such folder", folder.string());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".h5" &&
        looks_like_run(entry.path()))
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "-";
}

int run_list(const Options& options) {
  std::vector<Row> rows;
  int code = 0;
  for (const fs::path& file : run_files(options.folder)) {
    try {
      rows.push_back(read_row(file));
    } catch (const Error& error) {
      fmt::print(stderr, "{} {}\n", styled(stderr, Style::red, "runexp:"), printable(error.what()));
      code = error.exit_code();
    }
  }
  if (options.json) {
    Json all = Json::array();
    for (const Row& row : rows) {
      all.push_back(
          {{"file", row.file.string()},
           {"experiment", row.run.experiment},
           {"status", row.status},
           {"step", row.run.step},
           {"validation_loss", row.best_loss ? Json(*row.best_loss) : Json()},
           {"validation_bits_per_character", row.best_bits ? Json(*row.best_bits) : Json()},
           {"created", row.run.created}});
    }
    print_json(all);
    return code;
  }
  if (rows.empty()) fmt::print(stderr, "no run files in {}\n", options.folder);
  std::size_t width = 10;
  for (const Row& row : rows) width = std::max(width, row.run.experiment.size());
  if (!rows.empty()) {
    const std::string head =
        fmt::format("{:<{}}  {:<11}  {:>8}  {:>10}  {:>9}  {:<20}  {}", "experiment", width,
                    "status", "step", "nats/token", "bits/char", "created", "file");
    fmt::print("{}\n", styled(stdout, Style::bold, head));
  }
  for (const Row& row : rows) {
    fmt::print("{:<{}}  {:<11}  {:>8}  {:>10}  {:>9}  {:<20}  {}\n", printable(row.run.experiment),
               width, row.status, row.run.step, number(row.best_loss), number(row.best_bits),
               row.run.created, printable(row.file.string()));
  }
  return code;
}

}  // namespace

void add_list(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(app, chosen, "list", "the runs of a folder, with their figures",
                                  "runexp list runs", options, run_list);
  command.add_option("folder", options->folder, "where the run files are")->capture_default_str();
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace unroll::cli
