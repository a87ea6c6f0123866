// Two runs laid side by side: what they were made from, and how far apart their weights are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <unroll/comparison/collect.hpp>

namespace unroll::comparison {

/// Something that two runs do not share; an empty text stands for what a run does not have.
struct Difference {
  /// From what most likely parts two runs to what cannot.
  enum class Kind {
    seed,
    setting,  ///< that decides what is learnt
    data,     ///< files, by their checksums
    start,    ///< the run whose weights it began with
    plugin,   ///< by version and checksum
    version,  ///< of Unroll, compiler and libraries
    threads,
    machine,     ///< processor
    bookkeeping  ///< names, logging, where it was written: no part in what is learnt
  };
  Kind kind;
  std::string what, a, b;
};
std::string_view kind_name(Difference::Kind kind) noexcept;

/// All of them, ordered by kind.
std::vector<Difference> differences(const ComparedRun& a, const ComparedRun& b);

/// The first row of /metrics in which two runs are not the same to the bit.
struct Parting {
  std::int64_t step = 0;
  std::string split;
  std::vector<std::string> metrics;  ///< those that differ in that row, by name
  double a = 0, b = 0;               ///< of the first of these
  bool first_row = false;            ///< nothing was measured before it
};
/// Where they parted, over the steps at which both measured (of training figures, means over the
/// same steps); nothing where they never did. `shared` gets the number of rows compared.
std::optional<Parting> parting(const RunRecord& a, const RunRecord& b, std::size_t& shared);

/// A parameter of two runs.
struct WeightDifference {
  std::string name;
  double norm_a = 0, norm_b = 0;
  double norm_of_difference = 0;
  double relative = 0;  ///< norm of the difference / norm of a
  double cosine = 0;    ///< of the angle between them
  std::string remark;   ///< why there are no figures: "only in …", shapes that differ
};
/// By the order of names. What has no numbers is left out.
std::vector<WeightDifference> weight_differences(const Archive& a, const Archive& b);

}  // namespace unroll::comparison
