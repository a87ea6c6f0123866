#include <unroll/training/text_cache.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include <unroll/core/error.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace fs = std::filesystem;
namespace {

static_assert(std::endian::native == std::endian::little, "the header is written as it lies");

constexpr std::size_t kBlock = std::size_t{4} << 20;
constexpr std::size_t kHeader = 256, kDigits = 64;
constexpr std::uint64_t kVersion = 1;

std::string digests_of_blocks(std::string_view bytes,
                              const std::function<void(std::string_view)>& done) {
  const std::size_t blocks = (bytes.size() + kBlock - 1) / kBlock;
  std::string digests(blocks * kDigits, '\0');
  parallel_for(static_cast<std::int64_t>(blocks), [&](std::int64_t block) {
    const auto index = static_cast<std::size_t>(block);
    const std::string_view part = bytes.substr(index * kBlock, kBlock);
    sha256(part).copy(digests.data() + index * kDigits, kDigits);
    if (done) done(part);
  });
  return digests;
}

/// The header of an entry, by the content of its file.
std::string header_of(const std::string& key, const MappedFile& file) {
  const std::string_view content = file.bytes().substr(kHeader);
  std::string header = "unrolltx";
  for (const std::uint64_t number : {kVersion, std::uint64_t{content.size()}}) {
    char bytes[8];
    std::memcpy(bytes, &number, sizeof bytes);
    header.append(bytes, sizeof bytes);
  }
  header += key;
  header += sha256(header +
                   digests_of_blocks(content, [&](std::string_view part) { file.release(part); }));
  header.resize(kHeader, '\0');
  return header;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::uint64_t megabytes(const char* name, std::uint64_t otherwise) {
  const std::string text = variable(name);
  if (text.empty()) return otherwise;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0 && number < 1e12))
    fail(Failure::usage, "{}: '{}' is no number of megabytes", name, text);
  return static_cast<std::uint64_t>(number * 1e6);
}

template <typename... Args>
void tell(fmt::format_string<const Args&...> text, const Args&... args) {
  fmt::print(stderr, "{}\n", fmt::format(text, args...));
}

/// A file being written; one that is not kept is removed.
class Draft {
 public:
  explicit Draft(fs::path path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb")) {
    good_ = file_ != nullptr;
    if (good_) std::setvbuf(file_, nullptr, _IOFBF, std::size_t{1} << 20);
    if (!good_) reason_ = errno;
  }
  ~Draft() {
    if (file_ != nullptr) std::fclose(file_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  bool good() const { return good_; }
  int reason() const { return reason_; }
  const fs::path& path() const { return path_; }
  void write(std::string_view bytes) {
    if (good_) note(std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size());
  }
  void flush() {
    if (good_) note(std::fflush(file_) == 0);
  }
  void go_to_beginning() {
    if (good_) note(std::fseek(file_, 0, SEEK_SET) == 0);
  }
  /// Gives it its place.
  void keep(const fs::path& place) {
    flush();
    if (good_) note(::rename(path_.c_str(), place.c_str()) == 0);
    if (good_) path_.clear();
  }

 private:
  void note(bool worked) {
    if (worked) return;
    good_ = false;
    reason_ = errno;
  }
  fs::path path_;
  std::FILE* file_;
  bool good_ = false;
  int reason_ = 0;
};

}  // namespace

std::string digest_of(std::string_view bytes, const std::function<void(std::string_view)>& done) {
  return sha256(digests_of_blocks(bytes, done));
}

TextCache::Options TextCache::by_environment() {
  Options options;
  options.least = megabytes("UNROLL_CACHE_LEAST", options.least);
  options.most = megabytes("UNROLL_CACHE_MOST", options.most);
  if (const std::string no = variable("UNROLL_NO_CACHE"); !no.empty() && no != "0") return options;
  if (const std::string folder = variable("UNROLL_CACHE"); !folder.empty())
    options.folder = folder;
  else if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty())
    options.folder = fs::path(cache) / "unroll" / "encoded";
  else if (const std::string home = variable("HOME"); !home.empty())
    options.folder = fs::path(home) / ".cache" / "unroll" / "encoded";
  return options;
}

fs::path TextCache::place_of(const std::string& key, const char* kind) const {
  return options_.folder / fmt::format("{}.{}", key, kind);
}

std::shared_ptr<const TextCache::Entry> TextCache::find(const std::string& key,
                                                        const char* kind) const {
  const fs::path place = place_of(key, kind);
  std::error_code error;
  if (options_.folder.empty() || !fs::is_regular_file(place, error)) return nullptr;
  auto entry = std::make_shared<Entry>();
  try {
    entry->file = MappedFile(place);
  } catch (const Error&) {  // removed meanwhile, or not ours to read
    return nullptr;
  }
  const std::string_view bytes = entry->file.bytes();
  entry->content = bytes.substr(std::min(kHeader, bytes.size()));
  if (bytes.size() < kHeader || bytes.substr(0, kHeader) != header_of(key, entry->file)) {
    tell("{}: is damaged; the text is encoded anew", place.string());
    fs::remove(place, error);
    return nullptr;
  }
  fs::last_write_time(place, fs::file_time_type::clock::now(), error);
  return entry;
}

bool TextCache::put(const std::string& key, const char* kind,
                    const std::function<void(const Append&)>& fill) const {
  const fs::path place = place_of(key, kind);
  std::error_code error;
  fs::create_directories(options_.folder, error);
  Draft draft(fs::path(place).concat(fmt::format(".{}.tmp", ::getpid())));
  draft.write(std::string(kHeader, '\0'));
  if (draft.good()) fill([&](std::string_view part) { draft.write(part); });
  draft.flush();
  if (draft.good()) {
    const MappedFile written(draft.path());
    const std::string header = header_of(key, written);
    draft.go_to_beginning();
    draft.write(header);
    draft.keep(place);
  }
  if (!draft.good()) {
    tell("{}: encoded texts cannot be kept there: {}", options_.folder.string(),
         std::strerror(draft.reason()));
    return false;
  }
  make_room(place);
  return true;
}

void TextCache::make_room(const fs::path& newest) const {
  struct Old {
    fs::file_time_type used;
    fs::path path;
    std::uint64_t size;
  };
  constexpr auto kAbandoned = std::chrono::hours(24);
  std::vector<Old> all;
  std::uint64_t sum = 0;
  std::error_code error;
  for (fs::directory_iterator it(options_.folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    const fs::path extension = it->path().extension();
    const auto used = it->last_write_time(gone);
    const std::uint64_t size = gone ? 0 : it->file_size(gone);
    if (gone) continue;
    if (extension == ".tmp") {
      if (fs::file_time_type::clock::now() - used > kAbandoned) fs::remove(it->path(), gone);
      continue;
    }
    if (extension != ".ids" && extension != ".vocabulary") continue;  // not ours
    sum += size;
    all.push_back({used, it->path(), size});
  }
  std::sort(all.begin(), all.end(), [](const Old& a, const Old& b) { return a.used < b.used; });
  for (const Old& old : all) {
    if (sum <= options_.most) break;
    if (old.path == newest) continue;
    std::error_code gone;
    if (fs::remove(old.path, gone)) sum -= old.size;
  }
}

}  // namespace unroll
