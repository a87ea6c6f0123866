#include <unroll/results/archive_rows.hpp>

#include <numeric>
#include <type_traits>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

constexpr const char* kStep = "step";

/// Elements of one row of [R, S…].
std::size_t row_size(const Array& array) {
  return static_cast<std::size_t>(std::accumulate(array.shape.begin() + 1, array.shape.end(),
                                                  std::int64_t{1}, std::multiplies<>()));
}

Array as_table(const Array& row) {
  Array table{row.shape, {}, row.attributes};
  table.shape.insert(table.shape.begin(), 0);
  std::visit([&](const auto& values) { table.values = std::decay_t<decltype(values)>(); },
             row.values);
  return table;
}

void append(Array& table, const Array& row, const std::string& name) {
  if (!std::equal(table.shape.begin() + 1, table.shape.end(), row.shape.begin(), row.shape.end()) ||
      table.values.index() != row.values.index())
    fail(Failure::run, "the rows of '{}' are not alike: {} after {}", name, shape_text(row.shape),
         shape_text(table.shape));
  std::visit(
      [&](auto& values) {
        const auto& more = std::get<std::decay_t<decltype(values)>>(row.values);
        values.insert(values.end(), more.begin(), more.end());
      },
      table.values);
  ++table.shape[0];
}

}  // namespace

void append_row(Archive& table, std::int64_t step, const Archive& row) {
  Archive more = row;
  more.put(kStep, step);
  const bool first = table.entries().empty();
  Archive longer;
  for (const auto& [name, array] : more.entries()) {
    if (!first && !table.has(name))
      fail(Failure::run, "'{}' is in no row before that of step {}", name, step);
    Array column = first ? as_table(array) : table.array(name);
    append(column, array, name);
    longer.put(name, std::move(column));
  }
  for (const auto& [name, array] : table.entries())
    if (!longer.has(name)) fail(Failure::run, "the row of step {} lacks '{}'", step, name);
  table = std::move(longer);
}

std::vector<std::int64_t> row_steps(const Archive& table) {
  if (!table.has(kStep)) return {};
  const auto* steps = std::get_if<std::vector<std::int64_t>>(&table.array(kStep).values);
  if (steps == nullptr) fail(Failure::data, "'step' of a table of rows is not of integers");
  return *steps;
}

void keep_rows(Archive& table, const std::function<bool(std::int64_t step)>& keep) {
  const std::vector<std::int64_t> steps = row_steps(table);
  std::vector<std::size_t> kept;
  for (std::size_t r = 0; r < steps.size(); ++r)
    if (keep(steps[r])) kept.push_back(r);
  if (kept.size() == steps.size()) return;
  Archive shorter;
  if (!kept.empty())
    for (const auto& [name, array] : table.entries()) {
      if (array.shape.empty() || array.shape[0] != std::ssize(steps))
        fail(Failure::data, "'{}' is {} beside {} steps", name, shape_text(array.shape),
             steps.size());
      Array rows{array.shape, {}, array.attributes};
      rows.shape[0] = std::ssize(kept);
      const std::size_t size = row_size(array);
      std::visit(
          [&](const auto& values) {
            std::decay_t<decltype(values)> chosen;
            for (const std::size_t r : kept)
              chosen.insert(chosen.end(), values.begin() + static_cast<std::ptrdiff_t>(r * size),
                            values.begin() + static_cast<std::ptrdiff_t>((r + 1) * size));
            rows.values = std::move(chosen);
          },
          array.values);
      shorter.put(name, std::move(rows));
    }
  table = std::move(shorter);
}

}  // namespace unroll
