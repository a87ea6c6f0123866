// "HDF5 File Format Specification Version 3.0": III.A.2 version 2 B-trees, III.G fractal heap,
// IV.A.2.g link message.
#include <algorithm>
#include <bit>
#include <map>

#include <unroll/results/plain_links.hpp>

namespace unroll::detail {
namespace {

constexpr std::uint64_t kChecksum = 4;

/// Objects by their offset in a space that is divided into blocks: `width_` a row, those of the
/// first two rows of `first_` bytes, those of each further row twice as large. Blocks beyond
/// `largest_` are divided in the same way.
class FractalHeap {
 public:
  FractalHeap(std::uint64_t at, Image& image) : image_(image) {
    Fields head(image.take(at, 142 + kChecksum, kWhat), image, kWhat);
    head.expect("FRHP");
    head.expect(1, 0);  // version
    head.expect(2, kIdSize);
    head.expect(2, 0);          // no filters
    head.skip(1 + 4 + 12 * 8);  // statistics, huge objects
    width_ = head.number(2);
    first_ = head.number(8);
    largest_ = head.number(8);
    const std::uint64_t bits = head.number(2);
    head.skip(2);
    root_ = head.number(8);
    rows_ = head.number(2);
    if (width_ == 0 || width_ > 64 || !std::has_single_bit(width_) || first_ < 64 ||
        first_ > largest_ || largest_ > (std::uint64_t{1} << 24) || !std::has_single_bit(first_) ||
        !std::has_single_bit(largest_) || bits != 32)
      head.damaged();
  }

  std::string_view object(std::uint64_t offset, std::uint64_t size) {
    if (rows_ == 0) return inside(block(root_, first_), offset, size);
    std::uint64_t address = root_, rows = rows_;
    for (;;) {
      const std::uint64_t row =
          offset < first_ * width_
              ? 0
              : static_cast<std::uint64_t>(std::bit_width(offset / (first_ * width_)));
      if (row >= rows) image_.damaged(kWhat);
      const std::uint64_t begin = row == 0 ? 0 : (first_ * width_) << (row - 1);
      const std::uint64_t bytes = row == 0 ? first_ : first_ << (row - 1);
      const std::uint64_t column = (offset - begin) / bytes;
      const std::string_view table = block(address, kTableHead + rows * width_ * 8 + kChecksum);
      Fields entry(table.substr(kTableHead + (row * width_ + column) * 8), image_, kWhat);
      if (!table.starts_with("FHIB")) entry.damaged();
      address = entry.number(8);
      offset -= begin + column * bytes;
      if (bytes <= largest_) return inside(block(address, bytes), offset, size);
      rows = static_cast<std::uint64_t>(std::bit_width(bytes / (first_ * width_)));
    }
  }

  static constexpr std::uint64_t kIdSize = 7;  ///< of an object: kind, offset and length

 private:
  static constexpr std::string_view kWhat = "a heap of links";
  static constexpr std::uint64_t kTableHead = 4 + 1 + 8 + 4;

  /// Taken the first time.
  std::string_view block(std::uint64_t address, std::uint64_t size) {
    const auto [found, added] = blocks_.try_emplace(address);
    if (added) found->second = image_.take(address, size, kWhat);
    if (found->second.size() != size) image_.damaged(kWhat);
    return found->second;
  }

  std::string_view inside(std::string_view block, std::uint64_t offset, std::uint64_t size) const {
    if (!block.starts_with("FHDB") || offset > block.size() || size > block.size() - offset)
      image_.damaged(kWhat);
    return block.substr(offset, size);
  }

  Image& image_;
  std::uint64_t width_ = 0, first_ = 0, largest_ = 0, root_ = 0, rows_ = 0;
  std::map<std::uint64_t, std::string_view> blocks_;
};

/// Bytes for numbers up to this.
std::uint64_t bytes_for(std::uint64_t most) {
  return (static_cast<std::uint64_t>(std::bit_width(std::max<std::uint64_t>(most, 1))) - 1) / 8 + 1;
}

/// The records of a B-tree by name: a hash and what the heap knows the link by.
class NameTree {
 public:
  NameTree(std::uint64_t at, Image& image) : image_(image) {
    Fields head(image.take(at, 34 + kChecksum, kWhat), image, kWhat);
    head.expect("BTHD");
    head.expect(1, 0);
    head.expect(1, kByName);
    node_size_ = head.number(4);
    head.expect(2, kRecord);
    const std::uint64_t depth = head.number(2);
    head.skip(2);
    const std::uint64_t root = head.number(8), records = head.number(2), all = head.number(8);
    if (node_size_ < 64 || depth > 8) head.damaged();
    measure_levels(depth);
    if (root != kNowhere) walk(root, records, depth);
    if (ids_.size() != all) head.damaged();
  }

  const std::vector<std::string_view>& ids() const { return ids_; }

 private:
  static constexpr std::string_view kWhat = "a tree of links";
  static constexpr std::uint64_t kByName = 5, kHash = 4, kRecord = kHash + FractalHeap::kIdSize;
  static constexpr std::uint64_t kNodeHead = 6;

  struct Level {
    std::uint64_t most;     ///< records in a node
    std::uint64_t below;    ///< records in a node and all below it
    std::uint64_t pointer;  ///< bytes of a pointer to a child
  };

  void measure_levels(std::uint64_t depth) {
    const std::uint64_t room = node_size_ - kNodeHead - kChecksum;
    levels_.push_back({room / kRecord, room / kRecord, 0});
    for (std::uint64_t level = 1; level <= depth; ++level) {
      const std::uint64_t pointer =
          8 + bytes_for(levels_[0].most) + (level == 1 ? 0 : bytes_for(levels_.back().below));
      if (room < pointer) image_.damaged(kWhat);
      const std::uint64_t most = (room - pointer) / (kRecord + pointer);
      const std::uint64_t below = levels_.back().below;
      if (most == 0 || below > (std::uint64_t{1} << 40)) image_.damaged(kWhat);
      levels_.push_back({most, (most + 1) * below + most, pointer});
    }
  }

  void walk(std::uint64_t at, std::uint64_t records, std::uint64_t level) {
    Fields node(image_.take(at, node_size_, kWhat), image_, kWhat);
    node.expect(level == 0 ? "BTLF" : "BTIN");
    node.expect(1, 0);
    node.expect(1, kByName);
    if (records > levels_[level].most) node.damaged();
    for (std::uint64_t i = 0; i < records; ++i) {
      node.skip(kHash);
      ids_.push_back(node.text(FractalHeap::kIdSize));
    }
    if (level == 0) return;
    const std::uint64_t count = bytes_for(levels_[0].most);
    for (std::uint64_t i = 0; i <= records; ++i) {
      const std::uint64_t child = node.number(8), held = node.number(count);
      node.skip(levels_[level].pointer - 8 - count);
      walk(child, held, level - 1);
    }
  }

  Image& image_;
  std::uint64_t node_size_ = 0;
  std::vector<Level> levels_;
  std::vector<std::string_view> ids_;
};

}  // namespace

Link read_link(std::string_view message, const Image& image) {
  constexpr std::string_view kWhat = "a link";
  constexpr std::uint64_t kOrder = 4, kKind = 8, kCharacters = 16;
  Fields fields(message, image, kWhat);
  fields.expect(1, 1);  // version
  const std::uint64_t flags = fields.number(1);
  if ((flags & kKind) != 0) fields.expect(1, 0);  // a hard link
  if ((flags & kOrder) != 0) fields.skip(8);
  if ((flags & kCharacters) != 0) fields.skip(1);
  std::string name(fields.text(fields.number(std::size_t{1} << (flags & 3))));
  if (name.empty() || name == "." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    fields.damaged();
  return {std::move(name), fields.number(8)};
}

std::vector<Link> read_many_links(std::uint64_t heap_address, std::uint64_t tree, Image& image) {
  FractalHeap heap(heap_address, image);
  std::vector<Link> links;
  const NameTree names(tree, image);
  for (const std::string_view id : names.ids()) {
    Fields fields(id, image, "a tree of links");
    fields.expect(1, 0);  // an object in a block of the heap
    const std::uint64_t offset = fields.number(4), size = fields.number(2);
    links.push_back(read_link(heap.object(offset, size), image));
  }
  return links;
}

}  // namespace unroll::detail
