#include "report_page.hpp"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/installation.hpp>
#include <unroll/core/sha256.hpp>

#include "deflate.hpp"

namespace unroll::cli {
namespace {

constexpr std::string_view kStart = "<!doctype html>\n<!-- unroll report -->\n";

std::string part(std::string_view name) {
  const std::string file = "report/" + std::string(name);
  const std::filesystem::path path = shared_file(file);
  if (path.empty())
    fail(Failure::run, "share/unroll/{} is missing from this installation; install Unroll anew",
         file);
  return read_file(path);
}

/// RFC 4648.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= count ? kDigits[three >> (18 - 6 * k) & 63u] : '=';
  }
  return text;
}

/// 'sha256-…', as a content security policy names a script.
std::string policy_hash(std::string_view script) {
  const std::string digits = sha256(script);
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return "'sha256-" + base64(bytes) + "'";
}

/// JSON packed, in letters that end no script element.
std::string packed(const Json& data) {
  return base64(deflated(data.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

/// Puts files in place of the elements that name them, `BEFORE NAME AFTER` -> `OPEN content CLOSE`;
/// gives the hashes of what was put there.
std::string inline_files(std::string& page, std::string_view before, std::string_view after,
                         std::string_view open, std::string_view close) {
  std::string hashes;
  for (std::size_t at = page.find(before); at != std::string::npos; at = page.find(before, at)) {
    const std::size_t name = at + before.size();
    const std::size_t end = page.find(after, name);
    const std::string file = page.substr(name, end - name);
    const std::string content = "\n" + part(file);
    if (content.find(close) != std::string::npos)
      fail(Failure::run, "share/unroll/report/{} holds '{}', which would end it early", file,
           close);
    hashes += " " + policy_hash(content);
    const std::string element = std::string(open) + content + std::string(close);
    page.replace(at, end + after.size() - at, element);
    at += element.size();
  }
  return hashes;
}

void replace(std::string& page, std::string_view mark, std::string_view text) {
  const std::size_t at = page.find(mark);
  if (at == std::string::npos) fail(Failure::run, "share/unroll/report/page.html lacks {}", mark);
  page.replace(at, mark.size(), text);
}

}  // namespace

bool looks_like_report(std::string_view content) {
  return content.starts_with(kStart);
}

std::string report_page(const Json& data, PageKind kind) {
  std::string page = part("page.html");
  if (!looks_like_report(page)) fail(Failure::run, "share/unroll/report/page.html is another page");
  const std::string styles =
      inline_files(page, R"(<link rel="stylesheet" href=")", R"(">)", "<style>", "</style>");
  const std::string scripts =
      inline_files(page, R"(<script src=")", R"("></script>)", "<script>", "</script>");
  const char* connect = kind == PageKind::served ? "'self'" : "'none'";
  replace(page, "<!-- policy -->",
          fmt::format(R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; )"
                      R"(script-src{}; style-src{}; img-src data:; connect-src {}; )"
                      R"(base-uri 'none'; form-action 'none'">)",
                      scripts, styles, connect));
  replace(page, "<!-- data -->",
          fmt::format(R"(<script type="application/octet-stream" id="data" data-kind="{}">)",
                      kind == PageKind::served ? "served" : "file") +
              packed(data) + "</script>");
  return page;
}

}  // namespace unroll::cli
