#include "deflate.hpp"

#include <zlib.h>

#include <unroll/core/error.hpp>

namespace unroll::cli {

std::string deflated(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  const int code = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                             reinterpret_cast<const Bytef*>(bytes.data()),
                             static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION);
  if (code != Z_OK) fail(Failure::run, "zlib cannot pack {} bytes: {}", bytes.size(), zError(code));
  packed.resize(size);
  return packed;
}

}  // namespace unroll::cli
