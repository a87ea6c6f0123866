#include "plugin_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <system_error>
#include <vector>

#include <unroll/core/command.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/installation.hpp>
#include <unroll/plugin/loader.hpp>

#include "scratch_folder.hpp"
#include "terminal.hpp"

namespace unroll::cli {

namespace fs = std::filesystem;

namespace {

/// The folder that has unroll/plugin.hpp: of the build, or of the installation.
fs::path headers() {
  for (fs::path folder = framework_library().parent_path(); folder != folder.root_path();
       folder = folder.parent_path()) {
    std::error_code error;
    if (fs::exists(folder / "include/unroll/plugin.hpp", error)) return folder / "include";
  }
  fail(Failure::run, "the headers of Unroll are not where its library is, {}: install both",
       framework_library().string());
}

/// How unroll_add_plugin (tools/cmake/UnrollPlugin.cmake) compiles and links in a release build.
std::vector<std::string> command(const fs::path& source, const fs::path& library) {
  std::vector<std::string> words{UNROLL_CXX_COMPILER};
  std::istringstream flags(UNROLL_CXX_FLAGS);
  for (std::string flag; flags >> flag;) words.push_back(flag);
  const fs::path symbols =
      framework_library().parent_path() / "cmake" / "unroll" / "unroll_plugin.map";
  words.insert(words.end(),
               {"-std=c++20", "-O2", "-DNDEBUG", "-DFMT_SHARED", "-fPIC", "-shared",
                "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-Wall", "-Wextra", "-I",
                headers().string(), source.string(), "-o", library.string(),
                framework_library().string(), "-lfmt", "-Wl,--version-script=" + symbols.string()});
#if defined(__clang__)
  words.push_back("-ferror-limit=10");
#else
  words.push_back("-fmax-errors=10");
#endif
  // clang leaves a sanitizer's own symbols to the program.
  if (std::string_view(UNROLL_CXX_FLAGS).find("-fsanitize=") == std::string_view::npos)
    words.push_back("-Wl,-z,defs");
  if (is_terminal(stderr)) words.push_back("-fdiagnostics-color=always");
  return words;
}

void compile(const fs::path& source, const fs::path& library) {
  std::error_code error;
  if (!fs::exists(UNROLL_CXX_COMPILER, error))
    fail(Failure::run, "{}: the compiler that built this Unroll is not installed here",
         UNROLL_CXX_COMPILER);
  bool undefined = false;
  const int status = run_command(command(source, library), [&](const std::string& line) {
    fmt::print(stderr, "{}\n", line);
    undefined |= line.find("undefined reference") != std::string::npos;
  });
  if (status == 0) return;
  fail(Failure::plugin, "{}: does not {}; see above{}", source.string(),
       undefined ? "link" : "compile",
       undefined ? " for what is missing (a plugin that needs a library is built by CMake: "
                   "unroll_add_plugin(… LIBRARIES …))"
                 : "");
}

/// The same library under the name that people know: messages of what is in a scratch folder would
/// help nobody.
std::string named_after(std::string text, const fs::path& library, const fs::path& source) {
  const std::string scratch = library.string();
  for (std::size_t at = 0; (at = text.find(scratch, at)) != std::string::npos;)
    text.replace(at, scratch.size(), source.string());
  return text;
}

/// The last step of unroll_add_plugin, too: runs the library's code, so in a process of its own.
void describe(const fs::path& library, const fs::path& source) {
  constexpr std::string_view kProgram = "unroll-describe";
  const fs::path program = helper_program(kProgram);
  if (program.empty())
    fail(Failure::run, "{} is missing from this installation; install Unroll anew", kProgram);
  std::string said;
  const int status =
      run_command({program.string(), library.string()}, [&](const std::string& line) {
        const std::string prefix = fmt::format("{}: ", kProgram);
        said += (said.empty() ? "" : "; ") +
                (line.starts_with(prefix) ? line.substr(prefix.size()) : line);
      });
  if (status == 0) return;
  const std::string why = status > 128 ? fmt::format(": signal {}", status - 128) : "";
  if (said.empty() || status > 128)
    said = fmt::format("{}: its process ended while it described itself{}{}", source.string(), why,
                       said.empty() ? "" : ", having said: " + said);
  fail(Failure::plugin, "{}", named_after(said, library, source));
}

}  // namespace

BuiltPlugin build_plugin(const fs::path& source, const fs::path& folder, const Registry& registry) {
  const auto start = std::chrono::steady_clock::now();
  std::error_code error;
  if (!fs::is_regular_file(source, error))
    fail(Failure::data, "{}: {}", source.string(), error ? error.message() : "is not a file");
  const ScratchFolder scratch("plugin");
  const fs::path library = scratch.path() / (source.stem().string() + ".so");
  compile(source, library);

  const Inspection inspection = inspect_plugin(library);
  if (!inspection.refused.empty())
    fail(Failure::plugin, "{}", named_after(inspection.refused, library, source));
  const Manifest& manifest = inspection.manifest;
  const fs::path place = folder / fmt::format("{}_{}.so", manifest.kind, manifest.name);
  BuiltPlugin built;
  for (const PluginInfo& other : registry.list()) {
    if (other.kind != manifest.kind || other.name != manifest.name) continue;
    if (!fs::equivalent(other.file, place, error))
      fail(Failure::plugin,
           "{}: {} '{}' is in {} already, and of two libraries of one name neither can be used: "
           "give yours another name in its UNROLL_PLUGIN line",
           source.string(), manifest.kind, manifest.name, other.file.string());
    built.replaced = true;
  }
  describe(library, source);

  fs::create_directories(folder, error);
  if (error) fail(Failure::data, "{}: cannot be made: {}", folder.string(), error.message());
  write_file_atomically(place, read_file(library));
  built.plugin = {manifest.kind, manifest.name, manifest.version, place, {}, false};
  built.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return built;
}

}  // namespace unroll::cli
