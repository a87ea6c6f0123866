// "HDF5 File Format Specification Version 3.0": II.A superblock of version 0; the rest is in the
// files beside this one.
#include <unroll/results/plain_hdf5.hpp>

#include <cstring>

#include <unroll/core/error.hpp>
#include <unroll/results/array_text.hpp>
#include <unroll/results/plain_object.hpp>
#include <unroll/results/plain_texts.hpp>

namespace unroll {

using namespace detail;

namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kLongestPath = 8192;  ///< of an object, or their names would outgrow the file

struct Node {
  PlainObject object;
  std::map<std::string, Node, std::less<>> children;
};

/// "a/b" -> "'/a/b'", for messages.
std::string place(std::string_view path) {
  return fmt::format("'/{}'", path);
}

Node read_node(std::uint64_t address, Image& image, int depth, std::size_t path) {
  if (depth > kMaxDepth || path > kLongestPath) image.damaged("how deeply it is nested");
  Node node{read_object(address, image), {}};
  if (node.object.values && !node.object.links.empty()) image.damaged("a dataset");
  for (const Link& link : node.object.links) {
    const auto [at, added] = node.children.try_emplace(link.name);
    if (!added) image.damaged("a group with two links of one name");
    at->second = read_node(link.address, image, depth + 1, path + 1 + link.name.size());
  }
  node.object.links = {};
  return node;
}

std::uint64_t root_address(std::string_view bytes, std::uint64_t user_block, const Image& image) {
  Fields block(bytes, image, "its beginning");
  block.expect("\x89HDF\r\n\x1a\n");
  block.expect(std::string_view("\0\0\0\0\0\x08\x08\0", 8));  // versions; addresses, lengths of 8
  block.skip(2 + 2 + 4);                                      // sizes of nodes, of old groups
  block.expect(8, user_block);
  block.skip(8);
  block.expect(8, user_block + image.size());
  block.skip(8 + 8);
  return block.number(8);
}

template <typename T>
std::vector<T> numbers(const PlainValues& values, const std::vector<std::string_view>& pieces) {
  std::vector<T> result(values.count);
  std::size_t done = 0;
  for (const std::string_view piece : pieces) {
    const std::size_t bytes = std::min(piece.size(), (result.size() - done) * sizeof(T));
    std::memcpy(result.data() + done, piece.data(), bytes);
    done += bytes / sizeof(T);
  }
  return result;
}

}  // namespace

struct PlainHdf5::File {
  Image image;
  PlainTexts texts;
  Node root;

  File(std::string_view bytes, std::string name, std::uint64_t user_block)
      : image(bytes.substr(std::min<std::size_t>(user_block, bytes.size())), std::move(name)),
        texts(image) {
    const std::string_view behind = image.at(0, image.size(), "");
    root = read_node(root_address(behind, user_block, image), image, 0, 0);
  }

  const Node* find(std::string_view path) const {
    const Node* node = &root;
    while (!path.empty()) {
      const std::size_t slash = std::min(path.find('/'), path.size());
      const auto next = node->children.find(path.substr(0, slash));
      if (next == node->children.end()) return nullptr;
      node = &next->second;
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return node;
  }

  const Node& existing(std::string_view path) const {
    const Node* node = find(path);
    if (node == nullptr) fail(Failure::data, "{}: has no {}", image.name(), place(path));
    return *node;
  }

  std::vector<std::string> strings(const PlainValues& values,
                                   const std::vector<std::string_view>& pieces) {
    const std::uint64_t width = width_of(PlainType::text);
    std::vector<std::string> result;
    result.reserve(values.count);
    for (const std::string_view piece : pieces)
      for (std::size_t at = 0; at < piece.size() && result.size() < values.count; at += width)
        result.push_back(texts.read(piece.substr(at, width)));
    return result;
  }

  Array array(const PlainValues& values, const std::vector<std::string_view>& pieces) {
    const auto of = [&]() -> Array::Values {
      switch (values.type) {
        case PlainType::float32:
          return numbers<float>(values, pieces);
        case PlainType::float64:
          return numbers<double>(values, pieces);
        case PlainType::int32:
          return numbers<std::int32_t>(values, pieces);
        case PlainType::int64:
          return numbers<std::int64_t>(values, pieces);
        case PlainType::uint8:
          return numbers<std::uint8_t>(values, pieces);
        case PlainType::text:
          break;
      }
      return strings(values, pieces);
    };
    return {values.shape, of(), {}};
  }

  Archive attributes(const Node& node) {
    Archive found;
    for (const auto& [name, attribute] : node.object.attributes)
      found.put(name, array(attribute.values, {attribute.bytes}));
    return found;
  }

  Array dataset(const Node& node, const std::string& path) {
    Array result = array(*node.object.values, node.object.pieces);
    finish_dataset(result, attributes(node), image.name(), place(path));
    return result;
  }

  void collect(const Node& group, const std::string& prefix, Archive& found) {
    for (const auto& [name, node] : group.children) {
      const std::string path = prefix.empty() ? name : prefix + "/" + name;
      if (node.object.values)
        found.put(path, dataset(node, path));
      else
        collect(node, path, found);
    }
  }
};

PlainHdf5::PlainHdf5(std::string_view bytes, std::string name, std::uint64_t user_block)
    : file_(std::make_unique<File>(bytes, std::move(name), user_block)) {}
PlainHdf5::PlainHdf5(PlainHdf5&&) noexcept = default;
PlainHdf5::~PlainHdf5() = default;

bool PlainHdf5::has(std::string_view path) const {
  return file_->find(path) != nullptr;
}

Array PlainHdf5::read(std::string_view path) const {
  const Node& node = file_->existing(path);
  if (!node.object.values)
    fail(Failure::data, "{}: {} is a group, not a dataset", file_->image.name(), place(path));
  return file_->dataset(node, std::string(path));
}

Archive PlainHdf5::read_all(std::string_view group) const {
  Archive found;
  if (const Node* node = file_->find(group)) file_->collect(*node, "", found);
  return found;
}

Archive PlainHdf5::attributes(std::string_view path) const {
  return file_->attributes(file_->existing(path));
}

std::vector<std::string> PlainHdf5::children(std::string_view group) const {
  std::vector<std::string> names;
  if (const Node* node = file_->find(group))
    for (const auto& [name, child] : node->children) names.push_back(name);
  return names;
}

}  // namespace unroll
