// Initial state: from one vector a sequence to the state that a recurrence begins with.
#pragma once

#include <unroll/model/initializers.hpp>
#include <unroll/model/recurrence.hpp>

namespace unroll {

/// Every part of every layer's state is tanh(v W + b), with columns of W and b of its own (Cho et
/// al. 2014, arXiv 1406.1078, section 2.2).
class InitialState {
 public:
  /// For a recurrence with one direction; v [N, width].
  InitialState(std::int64_t width, const Recurrence& recurrence, const init::Scheme& scheme,
               const Parameters& parameters);

  RecurrentState operator()(Var v) const;

 private:
  std::vector<std::vector<std::int64_t>> widths_;  ///< of each part of each layer's state
  Parameter* W_;
  Parameter* b_;
};

}  // namespace unroll
