// Inside PlainHdf5: texts, which lie in global heaps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <unroll/results/plain_image.hpp>

namespace unroll::detail {

/// A text in a data set is its length and where it is:
///   reference  = length:4 address-of-collection:8 index:4
///   collection = "GCOL" 1 0 0 0 size:8 { object }     object = index:2 references:2 0:4 size:8
///   data
/// Data are padded to 8 bytes; index 0 is the free space, whose size counts its own head.
class PlainTexts {
 public:
  explicit PlainTexts(Image& image) : image_(image) {}

  /// No two references may lead to one text, so that all texts together are no larger than the
  /// file. Like other programs, ends a text at its first NUL.
  std::string read(std::string_view reference);

 private:
  struct Object {
    std::string_view data;
    std::uint64_t reference = kNowhere;  ///< the place of what refers to it
  };
  using Collection = std::map<std::uint64_t, Object>;  // by index

  Collection& collection(std::uint64_t address);

  Image& image_;
  std::map<std::uint64_t, Collection> collections_;
};

}  // namespace unroll::detail
