#include "tensor_file.hpp"

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/model/npy_file.hpp>

#include "npy.hpp"
#include "safetensors.hpp"
#include "zip_file.hpp"

namespace unroll {
namespace {

constexpr std::string_view kNpy = ".npy";

[[noreturn]] void refuse_pickle(const std::string& file) {
  fail(Failure::data,
       "{}: is saved by torch.save, which only Python can read and which may run code; write it "
       "again:\n  from safetensors.torch import save_file\n"
       "  save_file(torch.load(FILE, weights_only=True), \"weights.safetensors\")",
       file);
}

TensorFile from_npz(std::string_view bytes, const std::string& file) {
  TensorFile result;
  for (const auto& [name, content] : from_zip(bytes, file)) {
    if (name.ends_with("data.pkl")) refuse_pickle(file);
    if (!name.ends_with(kNpy)) continue;
    const std::string key = name.substr(0, name.size() - kNpy.size());
    Array array = npy_from_bytes(content, file + ": " + name);
    const std::string text = array_as_bytes(array);
    if (text.starts_with('{') || text.starts_with('['))
      result.texts[key] = text;
    else
      result.tensors.put(key, std::move(array));
  }
  return result;
}

}  // namespace

std::string to_npz(const TensorFile& file) {
  ZipEntries entries;
  for (const auto& [name, array] : file.tensors.entries())
    entries.emplace_back(name + std::string(kNpy), to_npy(array));
  for (const auto& [name, text] : file.texts)
    entries.emplace_back(name + std::string(kNpy), to_npy(bytes_as_array(text)));
  return to_zip(entries);
}

std::string tensor_file_bytes(const TensorFile& file, const std::filesystem::path& path) {
  if (path.extension() == ".npz") return to_npz(file);
  std::map<std::string, std::string> texts = file.texts;
  texts["format"] = "pt";  // what other readers look for
  return to_safetensors(file.tensors, texts);
}

TensorFile read_tensor_file(const std::filesystem::path& path) {
  return tensor_file_from(read_file(path), path.string());
}

TensorFile tensor_file_from(std::string_view bytes, const std::string& name) {
  if (bytes.starts_with("PK")) return from_npz(bytes, name);
  if (looks_like_safetensors(bytes)) {
    Safetensors found = from_safetensors(bytes, name);
    return {std::move(found.tensors), std::move(found.texts)};
  }
  if (bytes.starts_with("\x80")) refuse_pickle(name);
  fail(Failure::data, "{}: is neither a safetensors file nor a NumPy archive (.npz)", name);
}

}  // namespace unroll
