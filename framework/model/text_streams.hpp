// Text streams: long texts as views of the files in which they lie.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/mapped_file.hpp>
#include <unroll/model/dataset.hpp>

namespace unroll {

/// What views of texts show. Not for two threads at once while texts are added.
class TextStore {
 public:
  /// A file as `read_text` gives it, and with its errors. From `kMapped` bytes on it is not copied
  /// but mapped (core/mapped_file.hpp).
  std::string_view open(const std::filesystem::path& path);
  std::string_view keep(std::string text);
  /// Says that this part of a text is not needed for some time.
  void release(std::string_view part) const noexcept;

  static constexpr std::size_t kMapped = std::size_t{32} << 20;

 private:
  std::deque<MappedFile> files_;
  std::deque<std::string> texts_;
};

/// Splits as Dataset::load gives them, of pieces of streams.
struct StreamSplits {
  std::shared_ptr<const TextStore> store;
  std::vector<std::string_view> train, validation, test;  ///< of texts in the store
  Fields fields;
  std::string split_name;
  std::vector<DataFile> files;
  std::vector<std::string> notices;
};

/// What a Dataset may be beside: one that has its texts in long files. They are then neither copied
/// nor held in memory; any other dataset's are.
class StreamDataset {
 public:
  virtual ~StreamDataset();
  /// The splits that `load` gives; nothing if these are not pieces of streams. Throws as it does.
  virtual std::optional<StreamSplits> open() = 0;
};

}  // namespace unroll
