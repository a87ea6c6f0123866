// ONNX graph: the door to ONNX's library, which no other file includes. Nodes are added one after
// another; each gives the name of what it computes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <unroll/core/archive.hpp>

namespace unroll {

/// A value in the graph, by its name; empty: none, where an operator's input is optional.
using OnnxValue = std::string;
/// A size, or the name of one that a call decides: "time", "batch".
using OnnxDim = std::variant<std::int64_t, std::string>;
enum class OnnxType { float32, int64 };

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
               std::vector<std::string>>
      value;
};

/// Operators are those of opset 17, which onnxruntime has had since 1.12.
class OnnxGraph {
 public:
  using Attributes = std::vector<OnnxAttribute>;

  explicit OnnxGraph(const std::string& name);
  ~OnnxGraph();
  OnnxGraph(const OnnxGraph&) = delete;
  OnnxGraph& operator=(const OnnxGraph&) = delete;

  OnnxValue input(const std::string& name, OnnxType type, const std::vector<OnnxDim>& dims,
                  const std::string& meaning);
  void output(const OnnxValue& value, const std::string& name, OnnxType type,
              const std::vector<OnnxDim>& dims, const std::string& meaning);

  /// A weight; the same name again gives the same value.
  OnnxValue weight(const std::string& name, const Array& array);
  OnnxValue numbers(const std::vector<float>& values, const std::vector<std::int64_t>& shape);
  OnnxValue number(float value) { return numbers({value}, {}); }
  OnnxValue integers(const std::vector<std::int64_t>& values);
  OnnxValue integer(std::int64_t value);

  OnnxValue node(const char* op, const std::vector<OnnxValue>& inputs, const Attributes& = {});
  /// An operator with several results.
  std::vector<OnnxValue> nodes(const char* op, const std::vector<OnnxValue>& inputs,
                               std::size_t results, const Attributes& = {});

  /// Given the states and one element of each sequence, the new states and one result.
  using Body = std::function<std::vector<OnnxValue>(const std::vector<OnnxValue>& states,
                                                    const std::vector<OnnxValue>& elements)>;
  /// Runs `body` for each step of the sequences [T, …] (float32), the last step first if
  /// `backwards`. Gives the last states and, as one more, the results [T, …], each in the place of
  /// its step.
  std::vector<OnnxValue> scan(const std::vector<OnnxValue>& states,
                              const std::vector<OnnxValue>& sequences, bool backwards,
                              const Body& body);

  // What is said often.
  OnnxValue affine(const OnnxValue& x, const OnnxValue& W, const OnnxValue& b);
  OnnxValue concatenate(const std::vector<OnnxValue>& parts, std::int64_t axis);
  OnnxValue squeeze(const OnnxValue& x, std::int64_t axis);
  OnnxValue unsqueeze(const OnnxValue& x, std::int64_t axis);
  OnnxValue reshape(const OnnxValue& x, const std::vector<std::int64_t>& shape);
  OnnxValue as(OnnxType type, const OnnxValue& x);
  OnnxValue as_int32(const OnnxValue& x);

  /// The model's bytes, its texts in metadata_props; ONNX's own checker and shape inference have
  /// accepted it. Throws Error(run) with their words otherwise, or if it is larger than protobuf
  /// can write (2 GB).
  std::string bytes(const std::map<std::string, std::string>& texts, const std::string& summary);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace unroll
