// runexp export: a run in the form of other programs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/text.hpp>

#include "../exchange/formats.hpp"
#include "commands.hpp"
#include "json_output.hpp"
#include "open_run.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string run, to, output;
  bool best = false, last = false, force = false, json = false;
};

const ExportFormat& chosen_format(const std::string& name) {
  std::vector<std::string> names;
  for (const ExportFormat& format : export_formats()) {
    if (format.name == name) return format;
    names.emplace_back(format.name);
  }
  fail(Failure::usage, "unknown format '{}' (known: {}){}", name, join(names),
       did_you_mean(name, names));
}

void check_free(const ExportFormat& format, const fs::path& output,
                const std::vector<ExportedFile>& files, bool force) {
  std::error_code problem;
  if (format.folder && !force && fs::exists(output, problem) &&
      !(fs::is_directory(output, problem) && fs::is_empty(output, problem)))
    fail(Failure::usage, "{}: exists already; give --force to write into it, or another --output",
         output.string());
  for (const ExportedFile& file : files) {
    if (!fs::exists(file.path, problem)) continue;
    if (fs::is_directory(file.path, problem))
      fail(Failure::usage, "{}: is a folder; --output wants the name of a file",
           file.path.string());
    if (looks_like_run(file.path))
      fail(Failure::usage, "{}: is a run file, which no export replaces; give another --output",
           file.path.string());
    if (!force)
      fail(Failure::usage, "{}: exists already; give --force to replace it, or another --output",
           file.path.string());
  }
}

int run_export(const Options& options) {
  const ExportFormat& format = chosen_format(options.to);
  if (!format.weights && (options.best || options.last))
    fail(Failure::usage, "--to {} writes no weights: leave out --best and --last", format.name);
  const fs::path output = options.output.empty()
                              ? fs::path(options.run).replace_extension(format.ending)
                              : fs::path(options.output);
  const WhichWeights which = options.best   ? WhichWeights::best
                             : options.last ? WhichWeights::last
                                            : WhichWeights::automatic;
  RunRecord run = read_run(options.run, format.weights ? RunParts::all : RunParts::without_weights);
  const std::vector<ExportedFile> files = format.write(std::move(run), which, output, options.run);
  check_free(format, output, files, options.force);
  Json written = Json::array();
  for (const ExportedFile& file : files) {
    std::error_code problem;
    if (file.path.has_parent_path()) fs::create_directories(file.path.parent_path(), problem);
    if (problem)
      fail(Failure::data, "{}: its folder cannot be made: {}", file.path.string(),
           problem.message());
    write_file_atomically(file.path, file.bytes);
    written.push_back({{"file", file.path.string()}, {"bytes", file.bytes.size()}});
    if (!options.json)
      fmt::print("{}  {}\n", printable(file.path.string()), human_bytes(file.bytes.size()));
  }
  if (options.json) print_json(written);
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "export", "writes a run in the form of other programs",
                  "runexp export runs/char_lstm.h5 --to torch\n"
                  "  runexp export runs/char_lstm.h5 --to csv --output figures.csv",
                  options, run_export);
  command.add_option("run", options->run, "the run file")->required()->type_name("RUN.h5");
  std::string formats = "the form:";
  for (const ExportFormat& format : export_formats())
    formats += fmt::format("\n{}: {}", format.name, format.summary);
  command.add_option("--to", options->to, formats)->required()->type_name("FORMAT");
  command.add_option("-o,--output", options->output,
                     "file, or folder, to write (default: beside the run, with its name)");
  CLI::Option* best = command.add_flag(
      "--best", options->best, "weights of the best validation (default where they were kept)");
  command.add_flag("--last", options->last, "weights of the last checkpoint")->excludes(best);
  command.add_flag("--force", options->force, "replaces files that exist");
  command.add_flag("--json", options->json, "what was written, as JSON");
}

}  // namespace unroll::cli
