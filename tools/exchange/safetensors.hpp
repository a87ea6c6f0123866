// Safetensors: named arrays behind a JSON header, as PyTorch's users exchange weights
// (github.com/huggingface/safetensors#format).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <unroll/core/archive.hpp>

namespace unroll {

/// A file's bytes: an 8-byte length, the header padded to a multiple of 8, the arrays in the order
/// of their names. Float32, float64, int32, int64 and uint8 are written as they are. Equal content
/// gives equal bytes.
std::string to_safetensors(const Archive& tensors, const std::map<std::string, std::string>& texts);

struct Safetensors {
  Archive tensors;  ///< F16 and BF16 as float32, I8 and I16 as int32; other types are left out
  std::map<std::string, std::string> texts;  ///< of `__metadata__`
};

/// Throws Error(data), with `name`: not such a file, truncated, damaged, arrays that overlap.
Safetensors from_safetensors(std::string_view bytes, const std::string& name);

/// Does a file begin as these do? It may be damaged all the same.
bool looks_like_safetensors(std::string_view bytes);

}  // namespace unroll
