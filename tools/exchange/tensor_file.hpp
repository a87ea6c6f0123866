// Tensor file: named arrays and a few texts, as .safetensors or .npz.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <unroll/core/archive.hpp>

namespace unroll {

struct TensorFile {
  Archive tensors;
  std::map<std::string, std::string> texts;  ///< JSON: "run", "config", "vocabulary", …
};

/// A NumPy archive: NAME.npy for each array, in the order of the names, then the texts as arrays of
/// bytes. Equal content gives equal bytes.
std::string to_npz(const TensorFile& file);

/// By the file's ending: .npz, otherwise .safetensors.
std::string tensor_file_bytes(const TensorFile& file, const std::filesystem::path& path);

/// Reads either, by its content. Of an .npz, arrays of bytes that are JSON are texts. Throws
/// Error(data): missing, damaged, or neither of the two (a PyTorch .pt file is a program that
/// unpickles; the message says how to save one of these instead).
TensorFile read_tensor_file(const std::filesystem::path& path);
/// The same of a file's content.
TensorFile tensor_file_from(std::string_view bytes, const std::string& name);

}  // namespace unroll
