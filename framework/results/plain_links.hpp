// Inside PlainHdf5: the links of a group, which name what is in it.
#pragma once

#include <string>
#include <vector>

#include <unroll/results/plain_image.hpp>

namespace unroll::detail {

struct Link {
  std::string name;
  std::uint64_t address;  ///< of an object header
};

/// A link message. Soft and external links are refused.
Link read_link(std::string_view message, const Image& image);

/// The links of a group that has many: link messages in a fractal heap, found by a B-tree of their
/// names' hashes. Both addresses are of headers.
std::vector<Link> read_many_links(std::uint64_t heap, std::uint64_t tree, Image& image);

}  // namespace unroll::detail
