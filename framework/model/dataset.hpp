// Dataset: examples in named splits. The contract of dataset plugins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace unroll {

/// One example. A dataset fills the same members of all of its examples and declares them in
/// `Fields`; which of them is read and which has to be predicted is the architecture's choice.
struct Example {
  std::string text{};             ///< a text, or a piece of a long one
  std::string target{};           ///< a text that answers `text`: its translation, its tags
  std::string label{};            ///< a class
  std::vector<float> values{};    ///< [K] numbers to predict
  std::vector<float> features{};  ///< row-major, in the shape that `Fields` says
  /// Cells of a table that are to become features, once the training split says which there are.
  std::vector<std::string> words{};
  std::string origin{};  ///< where it stands, for messages and tables: "names.tsv:17"
};

/// What the examples of a dataset consist of.
struct Fields {
  bool text = false;
  bool target = false;
  bool label = false;
  std::vector<std::string> values;  ///< names of the K numbers; empty: none
  /// Shape of `features`: [F]; [T, F] for a sequence, where T = -1 means any length; [C, H, W] for
  /// an image with values in 0 … 1. Empty: none.
  std::vector<std::int64_t> features;
  /// Of the F numbers of a vector, in their order: "carat", "cut=Ideal"; empty: they have none.
  std::vector<std::string> feature_names;
  /// Features and values are to be scaled by what the training split teaches (model/scaling.hpp).
  bool scaled = false;
  /// Each example is a whole with a beginning and an end. Otherwise `text` is a piece of a stream.
  bool whole = true;
};

/// A file that was read, for the run file's environment.
struct DataFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct Splits {
  std::vector<Example> train, validation, test;
  Fields fields;
  /// How the splits were cut, as it stands beside every figure: "contiguous 90/10/0".
  std::string split_name;
  std::vector<DataFile> files;
  /// What a person should know: examples skipped, found in two splits, classes out of balance.
  std::vector<std::string> notices;
};

/// Constructed as Dataset(const Options&). `load` throws Error(data) naming file and byte or line.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual Splits load() = 0;
  /// All examples of another file of the same form, for a model that was trained on these fields.
  /// `answered`: what it predicts must stand there too, as for an evaluation; else it is left
  /// empty. By default there are none: throws Error(usage).
  virtual std::vector<Example> read_more(const std::string& file, const Fields& known,
                                         bool answered);
};

}  // namespace unroll
