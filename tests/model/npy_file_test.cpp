#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include <unroll/model/npy_file.hpp>
#include "core/error_of.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NpyFile : public testing::Test {
 protected:
  /// A file as numpy.save writes it; the header is padded as the format's version wants.
  std::filesystem::path file(const std::string& header, const std::string& numbers, int major = 1) {
    const std::size_t before = major == 1 ? 10 : 12;
    std::string padded = header;
    while ((before + padded.size() + 1) % 64 != 0) padded += ' ';
    padded += '\n';
    std::string bytes = "\x93NUMPY";
    bytes += static_cast<char>(major);
    bytes += '\0';
    for (std::size_t i = 0; i < before - 8; ++i)
      bytes += static_cast<char>(padded.size() >> 8 * i & 0xFF);
    std::ofstream(folder / "a.npy", std::ios::binary) << bytes << padded << numbers;
    return folder / "a.npy";
  }
  static std::string dictionary(const std::string& type, const std::string& shape,
                                const std::string& fortran = "False") {
    return "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  }
  template <typename T>
  static std::string bytes_of(std::initializer_list<T> numbers) {
    std::string bytes(numbers.size() * sizeof(T), '\0');
    std::memcpy(bytes.data(), std::data(numbers), bytes.size());
    return bytes;
  }
  std::string refusal(const std::string& header, const std::string& numbers, int major = 1) {
    const auto path = file(header, numbers, major);
    return error_of([&] { read_npy(path); });
  }

  Scratch folder;
};

TEST_F(NpyFile, EachTypeAndVersionIsRead) {
  const Array floats =
      read_npy(file(dictionary("<f4", "(2, 3)"), bytes_of<float>({1, 2, 3, 4, 5, 6.5F}), 2));
  EXPECT_THAT(floats.shape, ElementsAre(2, 3));
  EXPECT_THAT(std::get<std::vector<float>>(floats.values), ElementsAre(1, 2, 3, 4, 5, 6.5F));
  const auto values = [&](const char* type, const std::string& numbers, int major) {
    return read_npy(file(dictionary(type, "(2,)"), numbers, major)).values;
  };
  EXPECT_THAT(std::get<std::vector<double>>(values("<f8", bytes_of<double>({0.1, -2}), 3)),
              ElementsAre(0.1, -2));
  EXPECT_THAT(std::get<std::vector<std::int32_t>>(values("|i1", bytes_of<std::int8_t>({-1, 2}), 1)),
              ElementsAre(-1, 2));
  EXPECT_THAT(
      std::get<std::vector<std::int32_t>>(values("<i2", bytes_of<std::int16_t>({-300, 2}), 1)),
      ElementsAre(-300, 2));
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(
                  values("<i8", bytes_of<std::int64_t>({-1, 1LL << 40}), 1)),
              ElementsAre(-1, 1LL << 40));
  EXPECT_THAT(std::get<std::vector<std::uint8_t>>(values("|u1", std::string("\0\xFF", 2), 1)),
              ElementsAre(0, 255));
}

TEST_F(NpyFile, AOneDimensionalArrayHasNoOrder) {
  const auto path = file(dictionary("<f4", "(1,)", "True"), bytes_of<float>({7}));
  EXPECT_THAT(read_npy(path).shape, ElementsAre(1));
}

TEST_F(NpyFile, RefusalsSayWhatItIsAndTheWayOut) {
  const std::string four(16, '\0');
  EXPECT_THAT(refusal(dictionary(">f4", "(4,)"), four), HasSubstr("array.astype('<f4')"));
  EXPECT_THAT(refusal(dictionary("<f4", "(2, 2)", "True"), four), HasSubstr("ascontiguousarray"));
  EXPECT_THAT(refusal(dictionary("|O", "(4,)"), four), HasSubstr("Python objects"));
  EXPECT_THAT(refusal(dictionary("<f2", "(8,)"), four), HasSubstr("'<f2'; f4, f8"));
  EXPECT_THAT(refusal("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (4,), }", four),
              HasSubstr("several fields"));
  EXPECT_THAT(refusal(dictionary("<f4", "(5,)"), four), HasSubstr("16 bytes of numbers"));
  EXPECT_THAT(refusal(dictionary("<f4", "(3,)"), four), HasSubstr("asks for 12"));
  EXPECT_THAT(refusal(dictionary("<f4", "(4294967296, 4294967296)"), four), HasSubstr("asks for"));
  EXPECT_THAT(refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (4", four),
              HasSubstr("damaged at character"));
  EXPECT_THAT(refusal("{'descr': '<f4'}", four), HasSubstr("damaged"));
  EXPECT_THAT(refusal(dictionary("<f4", "(4,)"), four, 4), HasSubstr("format 4.0"));
}

TEST_F(NpyFile, OtherFilesAndPiecesOfFiles) {
  std::ofstream(folder / "b.npy") << "numbers, 1, 2, 3 and more";
  EXPECT_THAT(error_of([&] { read_npy(folder / "b.npy"); }), HasSubstr("is not an NPY file"));
  std::ofstream(folder / "b.npy", std::ios::binary) << std::string("\x93NUMPY\x01\0\xFF\0{'de", 14);
  EXPECT_THAT(error_of([&] { read_npy(folder / "b.npy"); }), HasSubstr("truncated"));
}

}  // namespace
}  // namespace unroll
