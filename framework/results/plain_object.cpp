// "HDF5 File Format Specification Version 3.0": IV.A.1.a version 1 object headers, IV.A.2 their
// messages, III.A.1 version 1 B-trees (of chunks).
#include <algorithm>
#include <array>

#include <unroll/results/plain_object.hpp>

namespace unroll::detail {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMaxRank = 32;

struct TypeBytes {
  PlainType type;
  std::uint64_t width;
  std::string_view bytes;
};

/// How each type is spelt: little-endian, IEEE 754, two's complement, UTF-8.
constexpr std::array kTypes{
    TypeBytes{PlainType::float32, 4, "\x11\x20\x1f\0\4\0\0\0\0\0\x20\0\x17\x08\0\x17\x7f\0\0\0"sv},
    TypeBytes{PlainType::float64, 8,
              "\x11\x20\x3f\0\x08\0\0\0\0\0\x40\0\x34\x0b\0\x34\xff\3\0\0"sv},
    TypeBytes{PlainType::int32, 4, "\x10\x08\0\0\4\0\0\0\0\0\x20\0"sv},
    TypeBytes{PlainType::int64, 8, "\x10\x08\0\0\x08\0\0\0\0\0\x40\0"sv},
    TypeBytes{PlainType::uint8, 1, "\x10\0\0\0\1\0\0\0\0\0\x08\0"sv},
    TypeBytes{PlainType::text, 16, "\x19\1\1\0\x10\0\0\0"sv},
};

PlainType read_type(std::string_view message, const Image& image) {
  for (const TypeBytes& known : kTypes)
    if (message.starts_with(known.bytes)) return known.type;
  image.damaged("a type of values");
}

PlainValues read_values(std::string_view type, std::string_view space, const Image& image) {
  Fields fields(space, image, "a shape");
  PlainValues values{read_type(type, image), {}, 1};
  const std::uint64_t version = fields.number(1), rank = fields.number(1);
  fields.skip(1);
  if (version == 1)
    fields.skip(5);
  else if (version != 2 || fields.number(1) > 1)
    fields.damaged();
  if (rank > kMaxRank) fields.damaged();
  for (std::uint64_t i = 0; i < rank; ++i) {
    const std::uint64_t extent = fields.number(8);
    if (extent > image.size()) fields.damaged();
    values.shape.push_back(static_cast<std::int64_t>(extent));
  }
  if (std::find(values.shape.begin(), values.shape.end(), 0) != values.shape.end())
    values.count = 0;
  for (const std::int64_t extent : values.shape) {
    const auto times = static_cast<std::uint64_t>(extent);
    if (times > 0 && values.count > image.size() / width_of(values.type) / times) fields.damaged();
    values.count *= times;
  }
  return values;
}

/// The chunks of a dataset in their order, by the first of their rows.
class Chunks {
 public:
  Chunks(std::vector<std::uint64_t> chunk, std::uint64_t bytes, Image& image)
      : image_(image), chunk_(std::move(chunk)), bytes_(bytes) {}

  void walk(std::uint64_t at) {
    Fields head(image_.at(at, kHead, kWhat), image_, kWhat);
    head.skip(5);
    walk(at, head.number(1));
  }
  std::vector<std::string_view> found;

 private:
  static constexpr std::string_view kWhat = "a tree of chunks";
  static constexpr std::uint64_t kHead = 24;

  void walk(std::uint64_t at, std::uint64_t level) {
    image_.take(at, kHead, kWhat);
    Fields head(image_.at(at, kHead, kWhat), image_, kWhat);
    head.expect("TREE");
    head.expect(1, 1);  // of chunks
    head.expect(1, level);
    const std::uint64_t entries = head.number(2), key = 8 + 8 * (chunk_.size() + 1);
    Fields node(image_.take(at + kHead, entries * (key + 8), kWhat), image_, kWhat);
    for (std::uint64_t i = 0; i < entries; ++i) {
      if (level == 0) {
        node.expect(4, bytes_);
        node.expect(4, 0);  // no filter
        node.expect(8, found.size() * chunk_[0]);
        for (std::size_t dimension = 1; dimension <= chunk_.size(); ++dimension) node.expect(8, 0);
        found.push_back(image_.take(node.number(8), bytes_, "a chunk"));
      } else {
        node.skip(key);
        walk(node.number(8), level - 1);
      }
    }
  }

  Image& image_;
  std::vector<std::uint64_t> chunk_;
  std::uint64_t bytes_;
};

std::vector<std::string_view> read_layout(std::string_view message, const PlainValues& values,
                                          Image& image) {
  constexpr std::uint64_t kContiguous = 1, kChunked = 2;
  const std::uint64_t width = width_of(values.type);
  Fields fields(message, image, "where values lie");
  fields.expect(1, 3);  // version
  const std::uint64_t kind = fields.number(1);
  if (kind == kContiguous) {
    const std::uint64_t address = fields.number(8);
    if (values.count == 0) return {};
    fields.expect(8, values.count * width);
    return {image.take(address, values.count * width, "an array")};
  }
  if (kind != kChunked || values.shape.empty()) fields.damaged();
  fields.expect(1, values.shape.size() + 1);
  const std::uint64_t tree = fields.number(8);
  std::vector<std::uint64_t> chunk;
  std::uint64_t bytes = width;
  for (std::size_t i = 0; i < values.shape.size(); ++i) {
    chunk.push_back(fields.number(4));
    if (chunk[i] == 0 || bytes > 0xffffffff / chunk[i] ||
        (i > 0 &&
         chunk[i] != static_cast<std::uint64_t>(std::max<std::int64_t>(values.shape[i], 1))))
      fields.damaged();
    bytes *= chunk[i];
  }
  fields.expect(4, width);
  Chunks chunks(chunk, bytes, image);
  if (tree != kNowhere) chunks.walk(tree);
  const std::uint64_t rows = values.count == 0 ? 0 : static_cast<std::uint64_t>(values.shape[0]);
  if (chunks.found.size() != (rows + chunk[0] - 1) / chunk[0]) fields.damaged();
  return std::move(chunks.found);
}

/// Version 3 is what Hdf5File writes, 1 what h5py does.
void read_attribute(std::string_view message, const Image& image, PlainObject& object) {
  Fields fields(message, image, "an attribute");
  const std::uint64_t version = fields.number(1);
  if (version != 1 && version != 3) fields.damaged();
  fields.expect(1, 0);  // nothing is shared
  const std::uint64_t name = fields.number(2), type = fields.number(2), space = fields.number(2);
  if (version == 3) fields.skip(1);
  const auto part = [&](std::uint64_t size) {
    const std::string_view bytes = fields.text(size);
    if (version == 1) fields.skip((8 - size % 8) % 8);
    return bytes;
  };
  std::string_view key = part(name);
  key = key.substr(0, key.find('\0'));
  const std::string_view type_bytes = part(type);
  const PlainValues values = read_values(type_bytes, part(space), image);
  object.attributes[std::string(key)] = {values, fields.text(values.count * width_of(values.type))};
}

/// The messages of a header, which may go on elsewhere.
class Header {
 public:
  Header(std::uint64_t address, Image& image) : image_(image) {
    Fields head(image.take(address, kHead, kWhat), image, kWhat);
    head.expect(1, 1);  // version
    head.skip(1);
    messages_ = head.number(2);
    head.expect(4, 1);  // link that leads here
    read_block(address + kHead, head.number(4));
    for (std::size_t i = 0; i < elsewhere_.size(); ++i)
      read_block(elsewhere_[i].first, elsewhere_[i].second);
    if (messages_ != 0) head.damaged();
  }

  PlainObject object() {
    if (type_.empty() != space_.empty() || type_.empty() != layout_.empty()) image_.damaged(kWhat);
    if (type_.empty()) return std::move(object_);
    object_.values = read_values(type_, space_, image_);
    object_.pieces = read_layout(layout_, *object_.values, image_);
    return std::move(object_);
  }

 private:
  static constexpr std::string_view kWhat = "an object";
  static constexpr std::uint64_t kHead = 16;
  enum Message : std::uint64_t {
    nothing = 0x0,
    space = 0x1,
    links = 0x2,
    type = 0x3,
    fill = 0x5,
    link = 0x6,
    layout = 0x8,
    group = 0xa,
    attribute = 0xc,
    elsewhere = 0x10,
    old_group = 0x11,
    modified = 0x12,
  };

  void read_block(std::uint64_t address, std::uint64_t size) {
    constexpr std::uint64_t kMessageHead = 8, kShared = 2;
    Fields block(image_.take(address, size, kWhat), image_, kWhat);
    while (messages_ > 0 && block.left() >= kMessageHead) {
      --messages_;
      const std::uint64_t kind = block.number(2), bytes = block.number(2);
      if ((block.number(1) & kShared) != 0) block.damaged();
      block.skip(3);
      read_message(kind, block.text(bytes));
    }
  }

  void read_message(std::uint64_t kind, std::string_view body) {
    switch (kind) {
      case Message::nothing:
      case Message::fill:
      case Message::group:
      case Message::modified:
        return;
      case Message::space:
        space_ = body;
        return;
      case Message::type:
        type_ = body;
        return;
      case Message::layout:
        layout_ = body;
        return;
      case Message::attribute:
        return read_attribute(body, image_, object_);
      case Message::link:
        object_.links.push_back(read_link(body, image_));
        return;
      case Message::links:
        return read_links(body);
      case Message::elsewhere: {
        Fields fields(body, image_, kWhat);
        const std::uint64_t address = fields.number(8);
        elsewhere_.emplace_back(address, fields.number(8));
        return;
      }
      case Message::old_group:
        return expect_empty(body);
      default:
        image_.damaged("an object of a kind that Unroll does not write");
    }
  }

  /// HDF5 makes groups of version 1 and changes them with the first link whose name is in UTF-8.
  void expect_empty(std::string_view body) {
    Fields fields(body, image_, kWhat);
    Fields tree(image_.at(fields.number(8), 8, kWhat), image_, kWhat);
    tree.expect("TREE");
    tree.expect(std::string_view("\0\0\0\0", 4));  // of a group; a leaf; no entries
  }

  void read_links(std::string_view body) {
    Fields fields(body, image_, kWhat);
    fields.expect(1, 0);  // version
    fields.expect(1, 0);  // no order
    const std::uint64_t heap = fields.number(8), tree = fields.number(8);
    if (heap == kNowhere) return;
    std::vector<Link> many = read_many_links(heap, tree, image_);
    std::move(many.begin(), many.end(), std::back_inserter(object_.links));
  }

  Image& image_;
  std::uint64_t messages_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> elsewhere_;
  std::string_view space_, type_, layout_;
  PlainObject object_;
};

}  // namespace

std::uint64_t width_of(PlainType type) {
  return std::find_if(kTypes.begin(), kTypes.end(),
                      [type](const TypeBytes& known) { return known.type == type; })
      ->width;
}

PlainObject read_object(std::uint64_t address, Image& image) {
  return Header(address, image).object();
}

}  // namespace unroll::detail
