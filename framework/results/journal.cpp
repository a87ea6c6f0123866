#include <unroll/results/journal.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/core/sha256.hpp>

namespace unroll {
namespace {

constexpr std::string_view kHeader = "UNROLLJOURNAL 1 ";
constexpr std::size_t kCheckDigits = 16;
constexpr const char* kNext = ".next";

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\')
      result += "\\\\";
    else if (c == '\t')
      result += "\\t";
    else if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result;
}

std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size())
      result += text[i];
    else if (const char c = text[++i]; c == 't' || c == 'n')
      result += c == 't' ? '\t' : '\n';
    else
      result += c;
  }
  return result;
}

std::vector<std::string> fields_of(std::string_view body) {
  std::vector<std::string> fields;
  for (;;) {
    const std::size_t tab = body.find('\t');
    fields.push_back(unescape(body.substr(0, tab)));
    if (tab == std::string_view::npos) return fields;
    body.remove_prefix(tab + 1);
  }
}

template <typename Number>
bool parse(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  return problem == std::errc() && stopped == end && !text.empty();
}

/// Names, units and values from the field `first` on; false if they are not.
bool parse_metrics(const std::vector<std::string>& fields, std::size_t first,
                   std::vector<Metric>& metrics) {
  if (fields.size() < first || (fields.size() - first) % 3 != 0) return false;
  for (std::size_t i = first; i < fields.size(); i += 3) {
    Metric metric{fields[i], 0, fields[i + 1]};
    if (!parse(fields[i + 2], metric.value)) return false;
    metrics.push_back(std::move(metric));
  }
  return true;
}

std::string metrics_text(const std::vector<Metric>& metrics) {
  std::string text;
  for (const Metric& metric : metrics)
    text += fmt::format("\t{}\t{}\t{}", escape(metric.name), escape(metric.unit), metric.value);
  return text;
}

bool fold_row(const std::vector<std::string>& fields, MetricTables& tables) {
  std::int64_t step = 0;
  std::vector<Metric> metrics;
  if (!parse_metrics(fields, 3, metrics) || !parse(fields[2], step)) return false;
  tables[fields[1]].append(step, metrics);
  return true;
}

bool fold_record(std::string_view body, RunRecord& record) {
  const std::vector<std::string> fields = fields_of(body);
  if (fields[0] == "metrics") return fold_row(fields, record.metrics);
  if (fields[0] == "timing") return fold_row(fields, record.timing);
  RunSample sample;
  if (fields[0] != "sample" || !parse_metrics(fields, 6, sample.figures) ||
      !parse(fields[1], sample.step))
    return false;
  sample.sampler = fields[2];
  sample.prompt = fields[3];
  sample.text = fields[4];
  sample.expected = fields[5];
  record.samples.push_back(std::move(sample));
  return true;
}

/// Folds one line; false if it is torn or damaged.
bool fold_line(std::string_view line, RunRecord& record) {
  if (line.size() <= kCheckDigits || line[kCheckDigits] != ' ') return false;
  const std::string_view body = line.substr(kCheckDigits + 1);
  return sha256(body).compare(0, kCheckDigits, line.substr(0, kCheckDigits)) == 0 &&
         fold_record(body, record);
}

}  // namespace

std::filesystem::path journal_of(const std::filesystem::path& run) {
  return std::filesystem::path(run).concat(".journal");
}

std::filesystem::path next_journal_of(const std::filesystem::path& run) {
  return journal_of(run).concat(kNext);
}

Journal::Journal(std::filesystem::path path, std::string seal)
    : path_(std::move(path)), seal_(std::move(seal)) {}

Journal::~Journal() {
  close();
}

void Journal::append_row(std::string_view kind, std::string_view split, std::int64_t step,
                         const std::vector<Metric>& metrics) {
  append(fmt::format("{}\t{}\t{}{}", kind, escape(split), step, metrics_text(metrics)));
}

void Journal::append_sample(const RunSample& sample) {
  append(fmt::format("sample\t{}\t{}\t{}\t{}\t{}{}", sample.step, escape(sample.sampler),
                     escape(sample.prompt), escape(sample.text), escape(sample.expected),
                     metrics_text(sample.figures)));
}

void Journal::append(const std::string& body) {
  const std::string line = fmt::format("{} {}\n", sha256(body).substr(0, kCheckDigits), body);
  write(line);
  if (marked_) since_mark_ += line;
}

void Journal::write(std::string bytes) {
  if (descriptor_ < 0) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    length_ = 0;
  }
  if (length_ == 0) bytes.insert(0, fmt::format("{}{}\n", kHeader, seal_));
  std::size_t done = 0;
  while (descriptor_ >= 0 && done < bytes.size()) {
    const ssize_t count = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  if (done == bytes.size()) {
    length_ += done;
    return;
  }
  const int reason = errno;
  if (descriptor_ >= 0 && (::ftruncate(descriptor_, static_cast<off_t>(length_)) != 0 ||
                           ::lseek(descriptor_, static_cast<off_t>(length_), SEEK_SET) < 0)) {
    ::close(descriptor_);  // a torn end is left, and a reader stops there
    descriptor_ = -1;
  }
  fail(Failure::data, "{}: cannot be written: {}", path_.string(), std::strerror(reason));
}

void Journal::mark() {
  marked_ = true;
  since_mark_.clear();
}

void Journal::prepare(const std::string& seal) {
  if (since_mark_.empty()) return;
  next_ = std::make_unique<Journal>(std::filesystem::path(path_).concat(kNext), seal);
  try {
    next_->write(since_mark_);
  } catch (const Error&) {
    abandon();
    throw;
  }
}

void Journal::abandon() {
  if (next_) ::unlink(next_->path_.c_str());
  next_.reset();
}

void Journal::move_to(std::string seal) {
  const std::unique_ptr<Journal> next = std::move(next_);
  seal_ = std::move(seal);
  marked_ = false;
  since_mark_.clear();
  close();
  length_ = 0;
  if (!next) {
    ::unlink(path_.c_str());
    return;
  }
  if (::rename(next->path_.c_str(), path_.c_str()) != 0)
    fail(Failure::data, "{}: cannot be written: {}", path_.string(), std::strerror(errno));
  descriptor_ = std::exchange(next->descriptor_, -1);
  length_ = next->length_;
}

void Journal::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool belongs_to(std::string_view text, std::string_view seal) {
  return text.starts_with(fmt::format("{}{}\n", kHeader, seal));
}

void fold_journal(std::string_view text, std::string_view seal, const std::string& name,
                  RunRecord& record) {
  if (!belongs_to(text, seal)) return;
  text.remove_prefix(text.find('\n') + 1);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return;  // torn by a kill, as is to be expected
    if (!fold_line(text.substr(0, end), record)) {
      record.warnings.push_back(
          fmt::format("{}: is damaged; {} bytes at its end are left out", name, text.size()));
      return;
    }
    text.remove_prefix(end + 1);
  }
}

}  // namespace unroll
