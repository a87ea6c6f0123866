// HDF5's global heaps, where texts lie, checked before HDF5 reads them.
//
//   collection = "GCOL" 1 0 0 0 size:8 { object }     object = index:2 references:2 0:4 size:8 data
//
// Data are padded to 8 bytes; index 0 is the free space, whose size counts its own head. HDF5 1.10
// walks from object to object without asking whether the sizes make sense: it ran for ever, or out
// of the file.
#include <algorithm>
#include <cstring>

#include <unroll/results/hdf5_detail.hpp>

namespace unroll::detail {
namespace {

constexpr std::string_view kSignature("GCOL\1\0\0\0", 8);
constexpr std::uint64_t kHead = 16;  ///< of a collection as of an object

std::uint64_t number(std::string_view bytes, std::uint64_t at, std::size_t width) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, width);  // little-endian, as what it runs on
  return value;
}

/// Do its objects fill this collection exactly?
bool whole(std::string_view collection) {
  std::uint64_t at = kHead;
  while (collection.size() - at >= kHead) {
    const std::uint64_t index = number(collection, at, 2), size = number(collection, at + 8, 8);
    const std::uint64_t left = collection.size() - at;
    if (index == 0) return size == left;
    if (size > left - kHead) return false;
    at += kHead + std::min((size + 7) / 8 * 8, left - kHead);
  }
  return true;  // less than a head is left: free
}

}  // namespace

void check_heaps(std::string_view bytes, const std::string& file) {
  for (std::size_t at = bytes.find(kSignature); at != std::string_view::npos;
       at = bytes.find(kSignature, at)) {
    const std::uint64_t left = bytes.size() - at;
    const std::uint64_t size = left < kHead ? 0 : number(bytes, at + 8, 8);
    if (size < kHead || size > left || !whole(bytes.substr(at, size)))
      fail(Failure::data, "{}: is damaged (a heap of texts at byte {} makes no sense)", file, at);
    at += size;
  }
}

}  // namespace unroll::detail
