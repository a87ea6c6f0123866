// Dataset: examples in named splits. The contract of dataset plugins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace unroll {

/// A text to learn. Kinds of tasks with more parts (labels, targets, features) add members here.
struct Example {
  std::string text;
};

/// A file that was read, for the run file's environment.
struct DataFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct Splits {
  std::vector<Example> train, validation, test;
  /// How the splits were cut, as it stands beside every figure: "contiguous 90/10/0".
  std::string split_name;
  std::vector<DataFile> files;
};

/// Constructed as Dataset(const Options&). `load` throws Error(data) naming file and byte or line.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual Splits load() = 0;
};

}  // namespace unroll
