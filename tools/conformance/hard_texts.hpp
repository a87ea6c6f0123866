// Texts that break tokenizers.
#pragma once

#include <string>
#include <vector>

namespace unroll::conformance {

struct HardText {
  const char* name;
  std::string text;
};

/// Valid UTF-8, of every kind that has broken something.
const std::vector<HardText>& hard_texts();
/// Texts of ordinary languages, to learn a vocabulary from.
const std::vector<std::string>& learnt_texts();
/// Bytes that are no UTF-8.
const std::vector<HardText>& invalid_texts();

}  // namespace unroll::conformance
