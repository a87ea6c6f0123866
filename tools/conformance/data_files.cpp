#include "data_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <type_traits>
#include <utility>

#include <unroll/core/random.hpp>

namespace unroll::conformance {
namespace {

namespace fs = std::filesystem;
constexpr int kRows = 40;

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// NPY 1.0 of little-endian numbers.
template <typename T>
std::string npy(const std::vector<T>& values, const std::string& shape) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                   std::is_same_v<T, float> ? "<f4" : "<i8", shape);
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() % 256);
  bytes += static_cast<char>(header.size() / 256);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return bytes;
}

/// IDX of unsigned bytes, big-endian sizes, as MNIST's.
std::string idx(const std::string& values, const std::vector<std::uint32_t>& dims) {
  std::string bytes{0, 0, 8, static_cast<char>(dims.size())};
  for (const std::uint32_t dim : dims)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift & 0xFF);
  return bytes + values;
}

/// A short sentence; each row has another.
std::string sentence(int row) {
  const std::array subjects{"the cat", "a dog", "my aunt", "the old sailor", "nobody"};
  const std::array verbs{"saw", "heard", "met", "forgot"};
  const auto i = static_cast<std::size_t>(row);
  return fmt::format("{} {} {} {} times", subjects[i % 5], verbs[i % 4], subjects[i * 3 % 5],
                     row + 2);
}

Node text(const std::string& value) {
  return Node::scalar(value, {}, true);
}
Node texts(const std::vector<std::string>& values) {
  std::vector<Node> items;
  for (const std::string& value : values) items.push_back(text(value));
  return Node::sequence(items);
}

}  // namespace

std::vector<Recipe> write_data_files(const fs::path& folder,
                                     const std::vector<OptionDescription>& options) {
  RandomStream random(1, "data files");
  std::string rows, table = "class,a,b,size\n", pixels, labels;
  std::vector<float> vectors;
  std::vector<std::int64_t> classes;
  for (int row = 0; row < kRows; ++row) {
    const char* name = row % 2 == 0 ? "even" : "odd";
    rows += fmt::format("{}\t{}\n", name, sentence(row));
    const double a = random.uniform(), b = random.uniform();
    table += fmt::format("{},{:.4f},{:.4f},{:.4f}\n", name, a, b, a + b);
    for (int i = 0; i < 6; ++i) vectors.push_back(static_cast<float>(random.uniform(-1, 1)));
    for (int i = 0; i < 64; ++i) pixels += static_cast<char>(random.below(256));
    classes.push_back(row % 2);
    labels += static_cast<char>(row % 2);
  }
  const auto path = [&](const char* name) { return (folder / name).string(); };
  write(path("rows.tsv"), rows);
  write(path("table.csv"), table);
  write(path("vectors.npy"), npy(vectors, fmt::format("({}, 6)", kRows)));
  write(path("classes.npy"), npy(classes, fmt::format("({},)", kRows)));
  write(path("images.idx"), idx(pixels, {kRows, 8, 8}));
  write(path("labels.idx"), idx(labels, {kRows}));

  const auto has = [&](const char* name, const char* type) {
    return std::ranges::any_of(options, [&](const OptionDescription& option) {
      return option.name == name && option.type.starts_with(type);
    });
  };
  std::vector<Recipe> recipes;
  const auto add = [&](std::vector<std::pair<std::string, Node>> given) {
    std::vector<Node::Entry> entries;
    for (auto& [name, value] : given) entries.push_back({name, {}, value});
    recipes.push_back({Node::map(entries), true});
  };
  if (has("files", "list of texts") && has("features", "list of texts"))
    add({{"files", texts({path("table.csv")})},
         {"header", Node::scalar("true")},
         {"features", texts({"a", "b"})},
         {"label", text("class")}});
  if (has("files", "list of texts")) add({{"files", texts({path("rows.tsv")})}});
  if (has("features", "text") && has("labels", "text"))
    add({{"features", text(path("vectors.npy"))}, {"labels", text(path("classes.npy"))}});
  if (has("images", "text") && has("labels", "text"))
    add({{"images", text(path("images.idx"))}, {"labels", text(path("labels.idx"))}});
  for (const char* name : {"file", "path"})
    if (has(name, "text")) add({{name, text(path("rows.tsv"))}});
  return recipes;
}

}  // namespace unroll::conformance
