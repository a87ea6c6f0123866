// Domain: what a model reads and says, as learnt from the training split.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/archive.hpp>
#include <unroll/model/dataset.hpp>
#include <unroll/model/scaling.hpp>
#include <unroll/model/vocabulary.hpp>

namespace unroll {

/// Kept with the model in the run file, so that nothing but that file is needed to use it.
struct Domain {
  Fields fields;
  Vocabulary text;                         ///< of Example::text
  Vocabulary target;                       ///< of Example::target
  std::vector<std::string> classes;        ///< labels in the order of their code points
  std::vector<std::int64_t> class_counts;  ///< training examples of each class
  /// How often the training targets have each of their tokens; empty before they are encoded, and
  /// in run files of before it was kept.
  std::vector<std::int64_t> target_counts;
  Scaling features, values;  ///< where Fields::scaled asks for it

  std::optional<std::int32_t> find_class(std::string_view label) const;

  Archive save() const;
  static Domain load(const Archive& archive);
};

}  // namespace unroll
