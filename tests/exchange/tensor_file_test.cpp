// Tensor files: what is written is read back to the bit, and damage is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "../../tools/exchange/npy.hpp"
#include "../../tools/exchange/safetensors.hpp"
#include "../../tools/exchange/tensor_file.hpp"
#include "../../tools/exchange/zip_file.hpp"
#include "../core/error_of.hpp"
#include "../results/scratch.hpp"

namespace unroll {
namespace {

using testing::HasSubstr;

TensorFile sample() {
  TensorFile file;
  file.tensors.put("b/W", Array{{2, 3}, std::vector<float>{1, -0.0F, 3, 4, 5, 6.5F}, {}});
  file.tensors.put("a", Array{{}, std::vector<double>{0.1}, {}});
  file.tensors.put("empty", Array{{0, 4}, std::vector<float>{}, {}});
  file.tensors.put("ids", Array{{2}, std::vector<std::int64_t>{-1, 1LL << 40}, {}});
  file.texts["config"] = R"({"seed":1})";
  return file;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void expect_same(const Archive& one, const Archive& other) {
  ASSERT_EQ(one.entries().size(), other.entries().size());
  for (const auto& [name, array] : one.entries()) {
    ASSERT_TRUE(other.has(name)) << name;
    EXPECT_EQ(array.shape, other.array(name).shape) << name;
    EXPECT_EQ(array.values, other.array(name).values) << name;
  }
}

class TensorFiles : public testing::TestWithParam<const char*> {};

TEST_P(TensorFiles, AreReadBackAsTheyWereWritten) {
  const Scratch scratch;
  const auto path = scratch / GetParam();
  const std::string bytes = tensor_file_bytes(sample(), path);
  EXPECT_EQ(bytes, tensor_file_bytes(sample(), path));
  write(path, bytes);
  const TensorFile found = read_tensor_file(path);
  expect_same(sample().tensors, found.tensors);
  EXPECT_EQ(found.texts.at("config"), R"({"seed":1})");
}

TEST_P(TensorFiles, ThatAreTruncatedAreRefused) {
  const Scratch scratch;
  const auto path = scratch / GetParam();
  const std::string bytes = tensor_file_bytes(sample(), path);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THAT(error_of([&] { tensor_file_from(bytes.substr(0, length), "x.file"); }),
                HasSubstr("x.file"))
        << length;
  }
}

TEST_P(TensorFiles, WithAByteChangedAreReadOrRefused) {
  const Scratch scratch;
  const auto path = scratch / GetParam();
  const std::string bytes = tensor_file_bytes(sample(), path);
  int refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    try {
      tensor_file_from(changed, "x.file");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Failure::data);
      ++refused;
    }
  }
  EXPECT_GT(refused, 50);
}

INSTANTIATE_TEST_SUITE_P(Both, TensorFiles, testing::Values("x.npz", "x.safetensors"),
                         [](const auto& file) { return std::string(file.param).substr(2); });

TEST(Safetensors, StandAsTheirDocumentationSays) {
  Archive tensors;
  tensors.put("w", Array{{1, 2}, std::vector<float>{1, 2}, {}});
  const std::string bytes = to_safetensors(tensors, {{"format", "pt"}});
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})";
  EXPECT_EQ(bytes.substr(8, header.size()), header);
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0]));
  EXPECT_EQ(length % 8, 0U);
  EXPECT_EQ(bytes.substr(8 + length), std::string("\0\0\x80\x3f\0\0\0\x40", 8));
}

TEST(Safetensors, HalfPrecisionBecomesSingle) {
  const std::string header = R"({"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},)"
                             R"("h":{"dtype":"F16","shape":[4],"data_offsets":[4,12]}} )";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  bytes += header + std::string("\x80\x3f\x20\xc0", 4);         // 1, -2.5
  bytes += std::string("\x00\x3c\x01\x80\x00\x7c\xff\x7b", 8);  // 1, -2^-24, inf, 65504
  const Archive found = from_safetensors(bytes, "x").tensors;
  EXPECT_EQ(std::get<std::vector<float>>(found.array("b").values), (std::vector<float>{1, -2.5F}));
  EXPECT_EQ(std::get<std::vector<float>>(found.array("h").values),
            (std::vector<float>{1, -0x1p-24F, std::numeric_limits<float>::infinity(), 65504}));
}

TEST(Safetensors, ThatLieAreRefused) {
  const auto file = [](std::string header, std::size_t data) {
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(header.size());
    return bytes + header + std::string(data, '\0');
  };
  const auto refusal = [&](const std::string& header, std::size_t data) {
    return error_of([&] { from_safetensors(file(header, data), "x"); });
  };
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
              HasSubstr("'a' is damaged"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4),
              HasSubstr("truncated"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8),
              HasSubstr("'a' is damaged"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],)"
                      R"("data_offsets":[0,0]}})",
                      0),
              HasSubstr("'a' is damaged"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                      R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                      8),
              HasSubstr("overlap"));
}

TEST(Zip, FilesOfOneNameAreRefused) {
  std::string zip = to_zip({{"aa", "1"}, {"ab", "2"}});
  for (std::size_t at = zip.find("ab"); at != std::string::npos; at = zip.find("ab", at))
    zip[at + 1] = 'a';
  EXPECT_THAT(error_of([&] { from_zip(zip, "x.npz"); }), HasSubstr("x.npz"));
}

TEST(Zip, MoreThanIsWantedIsRefused) {
  const std::string zip = to_zip({{"a", std::string(1000, 'x')}});
  EXPECT_THAT(error_of([&] { from_zip(zip, "x.npz", 999); }), HasSubstr("more than 999 bytes"));
  EXPECT_EQ(from_zip(zip, "x.npz", 1000).front().second.size(), 1000U);
}

TEST(Npy, HeadersAreAligned) {
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{}, {1}, {1, 1}, {1, 1, 1}}) {
    const std::string bytes = to_npy(Array{shape, std::vector<float>{1}, {}});
    EXPECT_EQ((bytes.size() - 4) % 64, 0U);
  }
  EXPECT_THAT(to_npy(Array{{1}, std::vector<float>{1}, {}}), HasSubstr("'shape': (1,), }"));
  EXPECT_THAT(to_npy(Array{{}, std::vector<float>{1}, {}}), HasSubstr("'shape': (), }"));
}

TEST(TensorFile, APickleIsRefusedWithWhatToDo) {
  const Scratch scratch;
  write(scratch / "new.pt", to_zip({{"archive/data.pkl", "x"}}));
  write(scratch / "old.pt", "\x80\x02}q");
  for (const char* name : {"new.pt", "old.pt"})
    EXPECT_THAT(error_of([&] { read_tensor_file(scratch / name); }), HasSubstr("save_file"));
}

}  // namespace
}  // namespace unroll
