// State reader: what goes on inside the recurrences of a model while it reads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <unroll/model/architecture.hpp>

namespace unroll {

/// One layer in one direction, step after step in the order in which it reads.
struct LayerActivity {
  std::vector<std::string> parts;           ///< names of the state's parts: "h", "c"
  std::vector<std::vector<Tensor>> states;  ///< [step][part], each [N, W]
  /// By gate [step], each [N, W]; only if they were asked for.
  std::map<std::string, std::vector<Tensor>> gates;
};

/// By the path of the layer's parameters, "recurrence/layer0/forward".
using Activity = std::map<std::string, LayerActivity>;

enum class Watch { states, states_and_gates };

/// Runs a batch without dropout and keeps everything. `carry` is read and replaced.
Activity watch_reading(Architecture& architecture, const Batch& batch, Carry& carry, Watch what);

}  // namespace unroll
