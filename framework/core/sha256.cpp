#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include <unroll/core/error.hpp>
#include <unroll/core/sha256.hpp>

namespace unroll {
namespace {

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(const void* bytes, std::size_t count) {
    check(EVP_DigestUpdate(context_.get(), bytes, count) == 1);
  }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int length = 0;
    check(EVP_DigestFinal_ex(context_.get(), bytes.data(), &length) == 1);
    std::string out;
    for (unsigned int i = 0; i < length; ++i) out += fmt::format("{:02x}", bytes[i]);
    return out;
  }

 private:
  static void check(bool worked) {
    if (!worked) fail(Failure::run, "OpenSSL could not compute SHA-256");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256(std::string_view bytes) {
  Digest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.hex();
}

std::string sha256_of_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) fail(Failure::data, "{}: cannot be read: {}", path.string(), std::strerror(errno));
  Digest digest;
  std::vector<char> buffer(std::size_t{1} << 16);
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    digest.add(buffer.data(), count);
  }
  if (std::ferror(file.get())) {
    fail(Failure::data, "{}: cannot be read: {}", path.string(), std::strerror(errno));
  }
  return digest.hex();
}

}  // namespace unroll
