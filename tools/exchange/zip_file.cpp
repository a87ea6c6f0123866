#include "zip_file.hpp"

#include <zip.h>

#include <memory>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

constexpr zip_uint16_t kFirstDosDate = (0 << 9) | (1 << 5) | 1;  // 1980-01-01

struct Close {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Zip = std::unique_ptr<zip_t, Close>;
using Source = std::unique_ptr<zip_source_t, Close>;

class Problem {
 public:
  Problem() { zip_error_init(&error_); }
  ~Problem() { zip_error_fini(&error_); }
  Problem(const Problem&) = delete;
  Problem& operator=(const Problem&) = delete;
  operator zip_error_t*() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_{};
};

[[noreturn]] void not_made(const std::string& reason) {
  fail(Failure::run, "a ZIP archive could not be made: {}", reason);
}

std::string content_of(zip_source_t* source) {
  zip_stat_t size;
  if (zip_source_stat(source, &size) != 0 || zip_source_open(source) != 0)
    not_made(zip_error_strerror(zip_source_error(source)));
  std::string bytes(size.size, '\0');
  const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (got != static_cast<zip_int64_t>(bytes.size())) not_made("it is incomplete");
  return bytes;
}

}  // namespace

std::string to_zip(const ZipEntries& entries) {
  Problem problem;
  Source target(zip_source_buffer_create(nullptr, 0, 0, problem));
  if (!target) not_made(problem.text());
  zip_source_keep(target.get());  // once for us, once for the archive
  Zip archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, problem));
  if (!archive) {
    zip_source_free(target.get());
    not_made(problem.text());
  }
  for (const auto& [name, bytes] : entries) {
    zip_source_t* content = zip_source_buffer(archive.get(), bytes.data(), bytes.size(), 0);
    if (content == nullptr) not_made(zip_strerror(archive.get()));
    const zip_int64_t index = zip_file_add(archive.get(), name.c_str(), content, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(content);
      not_made(zip_strerror(archive.get()));
    }
    const auto at = static_cast<zip_uint64_t>(index);
    if (zip_set_file_compression(archive.get(), at, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive.get(), at, 0, kFirstDosDate, 0) != 0)
      not_made(zip_strerror(archive.get()));
  }
  if (zip_close(archive.get()) != 0) not_made(zip_strerror(archive.get()));
  archive.release();  // NOLINT: closing freed it
  return content_of(target.get());
}

ZipEntries from_zip(std::string_view bytes, const std::string& name, std::uint64_t most_bytes) {
  Problem problem;
  Source source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, problem));
  Zip archive(source ? zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, problem)
                     : nullptr);
  if (!archive) fail(Failure::data, "{}: is not a ZIP archive ({})", name, problem.text());
  source.release();  // NOLINT: the archive's now
  ZipEntries entries;
  std::uint64_t total = 0;
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    zip_stat_t found;
    if (zip_stat_index(archive.get(), i, 0, &found) != 0 ||
        (found.valid & (ZIP_STAT_NAME | ZIP_STAT_SIZE)) != (ZIP_STAT_NAME | ZIP_STAT_SIZE))
      fail(Failure::data, "{}: its entry {} is damaged", name, i);
    if (found.size > most_bytes || total + found.size > most_bytes)
      fail(Failure::data, "{}: would unpack to more than {} bytes", name, most_bytes);
    total += found.size;
    const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive.get(), i, 0));
    if (!file)
      fail(Failure::data, "{}: '{}' cannot be read ({})", name, found.name,
           zip_strerror(archive.get()));
    std::string content;
    std::string piece(1 << 16, '\0');  // a size that lies allocates nothing
    for (;;) {
      const zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
      if (got < 0)
        fail(Failure::data, "{}: '{}' is damaged ({})", name, found.name,
             zip_file_strerror(file.get()));
      if (got == 0) break;
      content.append(piece, 0, static_cast<std::size_t>(got));
      if (content.size() > found.size) break;
    }
    if (content.size() != found.size)
      fail(Failure::data, "{}: '{}' is not as long as it says", name, found.name);
    for (const auto& [known, other] : entries)
      if (known == found.name)
        fail(Failure::data, "{}: holds two files named '{}'", name, found.name);
    entries.emplace_back(found.name, std::move(content));
  }
  return entries;
}

}  // namespace unroll
