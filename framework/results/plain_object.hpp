// Inside PlainHdf5: what an object header says of a group or dataset.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <unroll/results/plain_image.hpp>
#include <unroll/results/plain_links.hpp>

namespace unroll::detail {

/// The types of which Hdf5File writes values.
enum class PlainType { float32, float64, int32, int64, uint8, text };

/// Bytes of a value in the file; of a text, those that say where it is.
std::uint64_t width_of(PlainType type);

/// Type and shape, checked: all its values together are no larger than the file.
struct PlainValues {
  PlainType type = PlainType::float32;
  std::vector<std::int64_t> shape;
  std::uint64_t count = 0;
};

struct PlainAttribute {
  PlainValues values;
  std::string_view bytes;
};

struct PlainObject {
  std::map<std::string, PlainAttribute> attributes;
  std::vector<Link> links;            ///< of a group
  std::optional<PlainValues> values;  ///< of a dataset
  /// Its bytes: in one piece, or row by row in pieces of equal size, of which the last may hold
  /// more than there is.
  std::vector<std::string_view> pieces;
};

/// Reads the header at an address and takes all that belongs to it. Throws Error(data) for what is
/// damaged and for what Hdf5File does not write: filters, links to other files, other types.
PlainObject read_object(std::uint64_t address, Image& image);

}  // namespace unroll::detail
