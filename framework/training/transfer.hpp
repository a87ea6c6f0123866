// Transfer: a model begins with weights that another run learnt.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <unroll/results/run_record.hpp>
#include <unroll/training/model.hpp>

namespace unroll {

/// What became of one parameter of the new model.
struct TransferRow {
  std::string parameter, from;  ///< `from` is empty where nothing was looked for
  std::string shape;            ///< "[65, 128]"
  bool taken = false;           ///< all of it, or the rows that both know
  std::string note;             ///< "57 of 60 tokens"; why it was not taken
};

struct TransferList {
  std::string run;
  std::int64_t step = 0;
  std::vector<TransferRow> rows;  ///< in the order of the model's parameters
  std::vector<std::string> left;  ///< "output/W [64, 70]": what of the run was not taken

  /// "6 of 8 parameters from RUN.h5 (step 5000); fresh: output/W, output/b".
  std::string text() const;
  /// run, step and the columns parameter, from, shape, taken and note.
  Archive save() const;
};

/// A run whose weights another model begins with.
class TransferSource {
 public:
  /// Reads the run: its best weights where it kept them, otherwise its last.
  explicit TransferSource(const TransferOptions& options);

  /// Puts the run's vocabularies in the place of those learnt, so that tokens too keep what they
  /// mean. Throws Error(usage) where they lack what the new task needs.
  void lend_vocabulary(Domain& domain) const;

  /// Copies what fits. An axis that counts tokens, classes or values is matched by their names,
  /// wherever they stand; what the run does not know keeps its fresh start. All else must have the
  /// same shape and order of gates. Throws Error(usage) with near names if nothing fits, if a
  /// pattern matches nothing, or if a pair of names that was given does not fit.
  TransferList transfer_to(Model& model) const;

 private:
  /// The run's parameter for one of the model's; nothing if none is wanted.
  std::optional<std::string> source_of(const std::string& parameter) const;
  void check_patterns(const Model& model) const;
  /// Copies into one parameter, if it fits; says what became of it.
  TransferRow transfer(Model& model, const Parameter& parameter) const;
  /// Throws what tells a user why nothing fits.
  [[noreturn]] void refuse(const TransferList& list) const;

  TransferOptions options_;
  Archive weights_;
  Domain domain_;
  std::int64_t step_ = 0;
};

/// Freezes the parameters that one of the patterns fits. Throws Error(usage) for one that fits
/// none.
void freeze(Model& model, const std::vector<std::string>& patterns);

/// What `*` of the pattern stands for, which may be nothing; no value where the pattern does not
/// fit.
std::optional<std::string> match_name(const std::string& pattern, const std::string& name);

}  // namespace unroll
