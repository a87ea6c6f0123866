#include <unroll/plugin/described.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include <unroll/config/describe.hpp>
#include <unroll/core/command.hpp>
#include <unroll/core/error.hpp>
#include <unroll/plugin/loader.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 1 << 20;

// A file that goes when this does.
struct Temporary {
  explicit Temporary(fs::path made) : path(std::move(made)) {}
  ~Temporary() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  const fs::path path;
};

std::string json_of(const OptionDescription& option) {
  return describe_json({{}, {option}});
}

}  // namespace

std::optional<Description> written_description(ElfLibrary& library, std::string_view file) {
  auto text = library.section(kDescriptionSection, kMostBytes);
  if (!text) return std::nullopt;
  while (!text->empty() && text->back() == '\0') text->pop_back();
  try {
    return description_of_json(*text);
  } catch (const Error& error) {
    fail(Failure::plugin, "{}: {}: build it again", file, error.what());
  }
}

std::string difference(const Description& written, const Description& coded) {
  if (written.summary != coded.summary) {
    return fmt::format("the summary: the file says '{}', its code '{}'", written.summary,
                       coded.summary);
  }
  for (std::size_t i = 0; i < std::max(written.options.size(), coded.options.size()); ++i) {
    if (i >= coded.options.size()) {
      return fmt::format("option '{}': its code has none of that name", written.options[i].name);
    }
    if (i >= written.options.size()) {
      return fmt::format("option '{}': the file says nothing of it", coded.options[i].name);
    }
    const std::string said = json_of(written.options[i]), is = json_of(coded.options[i]);
    if (said != is) {
      return fmt::format("option '{}': the file says {}, its code {}", coded.options[i].name, said,
                         is);
    }
  }
  return {};
}

void write_description(const fs::path& library, const Description& description,
                       const std::string& objcopy) {
  const fs::path file = fs::absolute(library);
  const Temporary text(file.string() + fmt::format(".{}.json", ::getpid()));
  const Temporary copy(file.string() + fmt::format(".{}.new", ::getpid()));
  std::ofstream(text.path, std::ios::binary) << describe_json(description) << '\0';
  const std::string section = kDescriptionSection;
  std::string said;
  // env looks for the name in $PATH.
  const int status =
      run_command({"/usr/bin/env", objcopy, "--remove-section", section, "--add-section",
                   section + "=" + text.path.string(), file.string(), copy.path.string()},
                  [&](const std::string& line) { said += (said.empty() ? "" : "; ") + line; });
  if (status != 0) {
    fail(Failure::plugin, "{}: {} cannot write its description: {}", library.string(), objcopy,
         said.empty() ? fmt::format("exit status {}", status) : said);
  }
  std::error_code error;
  fs::rename(copy.path, file, error);
  if (error) {
    fail(Failure::plugin, "{}: cannot be replaced: {}", library.string(), error.message());
  }
}

void describe_library(const fs::path& library, const std::string& objcopy) {
  Inspection inspection = inspect_plugin(library);
  if (!inspection.refused.empty()) fail(Failure::plugin, "{}", inspection.refused);
  inspection.description.reset();  // of an earlier build: the code is right
  const PluginEntry& entry = load_plugin(library, inspection);
  write_description(library, code_description(entry, library), objcopy);
}

}  // namespace unroll
