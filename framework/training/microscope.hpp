// Microscope: what a run records of its model while it learns, beside figures: histograms of
// weights and gradients, and how far back its recurrence reaches. docs/microscope.md explains them.
#pragma once

#include <cstdint>

#include <unroll/core/archive.hpp>
#include <unroll/training/batches.hpp>
#include <unroll/training/experiment.hpp>
#include <unroll/training/model.hpp>

namespace unroll {

/// When to look, so that a run of any length has at most about fifty rows: at the first step and at
/// every multiple of an interval that doubles as the run gets longer. A function of the step alone,
/// so that a resumed run looks when an undisturbed one does.
class Intervals {
 public:
  /// `first` steps at the beginning.
  explicit Intervals(std::int64_t first) : first_(first) {}
  /// Is it time to look, after this many steps?
  bool due(std::int64_t step) const { return keeps(step, step); }
  /// Does a run that has made `now` steps still have the row of `step`?
  bool keeps(std::int64_t step, std::int64_t now) const;

 private:
  std::int64_t first_;
};

/// Looks at a model without changing it: no random stream is drawn from and no state carried; only
/// the gradients of the parameters are overwritten by `recurrence`.
class Microscope {
 public:
  /// `held_out`, or `train` where that is empty, has the examples that recurrence is looked at
  /// with. The model must outlive this.
  Microscope(const Model& model, const Encoded& held_out, const Encoded& train);

  /// One row of /histograms: of the weights as they are, and of the gradients that are there.
  Archive histograms() const;
  /// One row of /recurrence; empty where the model has no recurrence.
  Archive recurrence() const;

 private:
  const Model& model_;
  Batch batch_;  ///< the same every time; nothing in it: there is no recurrence
};

}  // namespace unroll
