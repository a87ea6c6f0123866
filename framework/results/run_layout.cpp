#include <unroll/results/run_layout.hpp>

#include <cmath>

#include <unroll/core/error.hpp>
#include <unroll/results/archive_rows.hpp>
#include <unroll/results/hdf5.hpp>
#include <unroll/results/plain_hdf5.hpp>
#include <unroll/results/run_seal.hpp>

namespace unroll {
namespace {

constexpr const char* kFormat = "unroll-run";

Array column(std::vector<std::int64_t> values) {
  return {{static_cast<std::int64_t>(values.size())}, std::move(values), {}};
}

Array column(std::vector<std::string> values) {
  return {{static_cast<std::int64_t>(values.size())}, std::move(values), {}};
}

void write_columns(Hdf5File& file, const std::string& path, const MetricTable& table) {
  for (const auto& [name, values] : table.columns)
    file.write(path + "/" + name,
               {{static_cast<std::int64_t>(table.rows())}, values.values, {{"unit", values.unit}}},
               true);
}

MetricTable::Column column_of(const Array& array) {
  const auto unit = array.attributes.find("unit");
  return {unit == array.attributes.end() ? "" : unit->second, as_doubles(array)};
}

void write_tables(Hdf5File& file, const std::string& group, const MetricTables& tables) {
  for (const auto& [split, table] : tables) {
    const std::string path = group + "/" + split;
    Archive attributes;
    attributes.put("checkpoint_rows", table.checkpoint_rows);
    file.write_attributes(path, attributes);
    file.write(path + "/step", column(table.steps), true);
    write_columns(file, path, table);
  }
}

MetricTables read_tables(const PlainHdf5& file, const std::string& group, const std::string& name) {
  MetricTables tables;
  for (const std::string& split : file.children(group)) {
    const std::string path = group + "/" + split;
    MetricTable& table = tables[split];
    const Archive columns = file.read_all(path);
    for (const auto& [column_name, array] : columns.entries()) {
      if (column_name == "step")
        table.steps = as_integers(array);
      else
        table.columns[column_name] = column_of(array);
    }
    for (const auto& [column_name, values] : table.columns)
      if (values.values.size() != table.rows())
        fail(Failure::data, "{}: '/{}/{}' has {} rows beside {} steps", name, path, column_name,
             values.values.size(), table.rows());
    table.checkpoint_rows = file.attributes(path).integer("checkpoint_rows");
  }
  return tables;
}

void write_samples(Hdf5File& file, const RunRecord& record) {
  MetricTable figures;
  std::vector<std::string> samplers, prompts, texts, expected;
  for (const RunSample& sample : record.samples) {
    figures.append(sample.step, sample.figures);
    samplers.push_back(sample.sampler);
    prompts.push_back(sample.prompt);
    texts.push_back(sample.text);
    expected.push_back(sample.expected);
  }
  Archive attributes;
  attributes.put("checkpoint_rows", record.checkpoint_samples);
  file.write_attributes("samples", attributes);
  file.write("samples/step", column(figures.steps), true);
  file.write("samples/sampler", column(std::move(samplers)), true);
  file.write("samples/prompt", column(std::move(prompts)), true);
  file.write("samples/text", column(std::move(texts)), true);
  file.write("samples/expected", column(std::move(expected)), true);
  write_columns(file, "samples", figures);
}

/// The columns of numbers beside the texts: figures, NaN where a sample lacks one.
void read_figures(const PlainHdf5& file, const std::string& name, std::vector<RunSample>& samples) {
  const Archive columns = file.read_all("samples");
  for (const auto& [column_name, array] : columns.entries()) {
    if (!std::holds_alternative<std::vector<double>>(array.values)) continue;
    const auto [unit, values] = column_of(array);
    if (values.size() != samples.size())
      fail(Failure::data, "{}: '/samples/{}' has {} rows beside {} samples", name, column_name,
           values.size(), samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (!std::isnan(values[i])) samples[i].figures.push_back({column_name, values[i], unit});
  }
}

void read_samples(const PlainHdf5& file, const std::string& name, RunRecord& record) {
  const std::vector<std::int64_t> steps = as_integers(file.read("samples/step"));
  const auto texts = [&](const char* path) {
    Array array = file.read(path);
    auto* values = std::get_if<std::vector<std::string>>(&array.values);
    if (!values || values->size() != steps.size())
      fail(Failure::data, "{}: '/{}' is not a text for each step", name, path);
    return std::move(*values);
  };
  const auto samplers = texts("samples/sampler");
  const auto prompts = texts("samples/prompt");
  const auto written = texts("samples/text");
  // Absent in files of before there were held-out examples among the samples.
  const auto expected = file.has("samples/expected") ? texts("samples/expected")
                                                     : std::vector<std::string>(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i)
    record.samples.push_back({steps[i], samplers[i], prompts[i], written[i], expected[i], {}});
  read_figures(file, name, record.samples);
  record.checkpoint_samples = file.attributes("samples").integer("checkpoint_rows");
}

/// Groups that files without a microscope lack.
void write_found(Hdf5File& file, const std::string& group, const Archive& found) {
  if (!found.entries().empty()) file.write_all(group, found);
}

Archive read_rows(const PlainHdf5& file, const std::string& group, const std::string& name) {
  if (!file.has(group)) return {};
  Archive rows = file.read_all(group);
  const std::size_t count = row_steps(rows).size();
  for (const auto& [column, array] : rows.entries())
    if (array.shape.empty() || array.shape[0] != static_cast<std::int64_t>(count))
      fail(Failure::data, "{}: '/{}/{}' is {} beside {} steps", name, group, column,
           shape_text(array.shape), count);
  return rows;
}

/// Bytes of the numbers in an archive.
std::uint64_t size_of(const Archive& archive) {
  std::uint64_t bytes = 0;
  for (const auto& [name, array] : archive.entries())
    bytes += std::visit([](const auto& values) { return values.size() * sizeof(values[0]); },
                        array.values);
  return bytes;
}

/// Attributes that many files lack.
void put_optional(Archive& root, const RunRecord& record) {
  const RunLabels& labels = record.labels;
  if (record.planned_steps > 0) root.put("planned_steps", record.planned_steps);
  if (!labels.name.empty()) root.put("name", labels.name);
  if (!labels.tags.empty()) root.put("tags", column(labels.tags));
  if (!labels.note.empty()) root.put("note", labels.note);
}

void read_optional(const Archive& root, RunRecord& record) {
  if (root.has("planned_steps")) record.planned_steps = root.integer("planned_steps");
  if (root.has("name")) record.labels.name = root.text("name");
  if (root.has("note")) record.labels.note = root.text("note");
  if (!root.has("tags")) return;
  if (const auto* tags = std::get_if<std::vector<std::string>>(&root.array("tags").values))
    record.labels.tags = *tags;
}

}  // namespace

std::string run_to_bytes(const RunRecord& record) {
  return run_to_bytes(record, record.best ? &*record.best : nullptr);
}

std::string run_to_bytes(const RunRecord& record, const RunRecord::Best* best_weights) {
  const std::uint64_t arrays = size_of(record.weights) + size_of(record.state) +
                               (best_weights == nullptr ? 0 : size_of(best_weights->weights));
  Hdf5File file = Hdf5File::create("the run file", kUserBlock, arrays);
  Archive root;
  root.put("format", std::string(kFormat));
  root.put("format_version", std::int64_t{kRunFormatVersion});
  root.put("experiment", record.experiment);
  root.put("run_id", record.run_id);
  root.put("status", std::string(to_text(record.status)));
  root.put("reason", record.reason);
  root.put("created", record.created);
  root.put("finished", record.finished);
  root.put("checkpoint_step", record.step);
  put_optional(root, record);
  file.write_attributes("", root);
  Archive config;
  config.put("source", record.config_source);
  config.put("resolved", record.config_resolved);
  file.write_all("config", config);
  file.write_all("environment", record.environment);
  file.write_all("metrics", {});
  write_tables(file, "metrics", record.metrics);
  write_tables(file, "timing", record.timing);
  write_samples(file, record);
  file.write_all("evaluation", record.evaluation);
  write_found(file, "histograms", record.histograms);
  write_found(file, "recurrence", record.recurrence);
  write_found(file, "reading", record.reading);
  file.write_all("vocabulary", record.vocabulary);
  file.write_all("weights", record.weights);
  file.write_all("state", record.state);
  if (best_weights != nullptr) {
    Archive best;
    best.put("step", best_weights->step);
    file.write_attributes("best", best);
    file.write_all("best/weights", best_weights->weights);
  }
  std::string bytes = file.bytes();
  seal(bytes);
  return bytes;
}

namespace {

RunRecord read_record(std::string_view bytes, const std::string& name, RunParts parts) {
  const PlainHdf5 file(bytes, name, kUserBlock);
  const Archive root = file.attributes();
  if (!root.has("format") || root.text("format") != kFormat)
    fail(Failure::data, "{}: is not an Unroll run file; give a run file written by runexp", name);
  RunRecord record;
  record.experiment = root.text("experiment");
  record.run_id = root.text("run_id");
  const std::optional<RunStatus> status = run_status(root.text("status"));
  if (!status) fail(Failure::data, "{}: unknown status '{}'", name, root.text("status"));
  record.status = *status;
  record.reason = root.text("reason");
  record.created = root.text("created");
  record.finished = root.text("finished");
  record.step = root.integer("checkpoint_step");
  read_optional(root, record);
  const Archive config = file.read_all("config");
  record.config_source = config.text("source");
  record.config_resolved = config.text("resolved");
  record.environment = file.read_all("environment");
  record.metrics = read_tables(file, "metrics", name);
  record.timing = read_tables(file, "timing", name);
  if (parts == RunParts::figures) return record;
  read_samples(file, name, record);
  if (file.has("evaluation")) record.evaluation = file.read_all("evaluation");
  record.vocabulary = file.read_all("vocabulary");
  if (parts == RunParts::without_arrays) return record;
  record.histograms = read_rows(file, "histograms", name);
  record.recurrence = read_rows(file, "recurrence", name);
  if (file.has("reading")) record.reading = file.read_all("reading");
  if (parts == RunParts::without_weights) return record;
  record.weights = file.read_all("weights");
  record.state = file.read_all("state");
  if (file.has("best"))
    record.best =
        RunRecord::Best{file.attributes("best").integer("step"), file.read_all("best/weights")};
  return record;
}

}  // namespace

RunRecord run_from_bytes(std::string_view bytes, const std::string& name, RunParts parts) {
  try {
    return read_record(bytes, name, parts);
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(name)) throw;
    fail(Failure::data, "{}: {}", name, error.what());  // from Archive, which knows no files
  }
}

}  // namespace unroll
