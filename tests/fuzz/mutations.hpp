// Damage to bytes, the same for the same random stream.
#pragma once

#include <algorithm>
#include <random>
#include <string>

namespace unroll {

class Mutations {
 public:
  explicit Mutations(std::uint32_t seed) : random_(seed) {}

  /// One to eight changes at or after `from`: bits, bytes, numbers that mean a lot, blocks that
  /// are copied, blanked or noise, and now and then an end that is missing.
  std::string of(std::string bytes, std::size_t from) {
    for (std::size_t changes = 1 + below(8); changes > 0 && bytes.size() > from + 8; --changes) {
      const std::size_t at = from + below(bytes.size() - from);
      const std::size_t most = std::min<std::size_t>(bytes.size() - at, 1 + below(64));
      switch (below(8)) {
        case 0:
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
          break;
        case 2:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 3: {
          static constexpr std::uint64_t kTelling[] = {
              0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, ~0ULL >> 1, ~0ULL};
          std::uint64_t number = kTelling[below(std::size(kTelling))];
          for (std::size_t i = std::size_t{1} << below(4), place = at;
               i > 0 && place < bytes.size(); --i, ++place, number >>= 8)
            bytes[place] = static_cast<char>(number & 0xff);
          break;
        }
        case 4:
          bytes.replace(at, most, bytes.substr(from + below(bytes.size() - from), most));
          break;
        case 5:
          bytes.replace(at, most, most, below(2) == 0 ? '\0' : '\xff');
          break;
        case 6:
          for (std::size_t i = 0; i < most; ++i) bytes[at + i] = static_cast<char>(below(256));
          break;
        default:
          if (below(8) == 0) bytes.resize(at);
      }
    }
    return bytes;
  }

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

 private:
  std::mt19937 random_;
};

}  // namespace unroll
