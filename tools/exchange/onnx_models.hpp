// A run as one or two ONNX models.
//
// What is known by name here are the architectures that come with Unroll, as a file format's writer
// knows the layers of that format: what they do around their layers (pooling, attention, where a
// state begins) stands in no weight. Others are refused by name.
#pragma once

#include <string>
#include <vector>

#include "described_run.hpp"

namespace unroll {

struct OnnxModel {
  std::string part;  ///< "encoder", "decoder"; empty where one model does it all
  std::string bytes;
};

/// The run's metadata_props are `run`, `config` and `vocabulary`, JSON each. Sizes of time and
/// batch are free. docs/exporting.md lists inputs and outputs. Throws Error(usage), naming option
/// and reason, for what ONNX or this writer cannot express.
std::vector<OnnxModel> to_onnx(const DescribedRun& run);

}  // namespace unroll
