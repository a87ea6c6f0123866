// GradientSum: adds up the gradients of all ranks while the tape still runs backwards.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include <unroll/autodiff/graph.hpp>
#include <unroll/model/parameters.hpp>
#include <unroll/training/ranks.hpp>

namespace unroll {

/// The arena of gradients is cut into pieces, from its end: the parameters that a model makes last
/// are as a rule those of its output, whose gradients are whole first (Li et al. 2020, PyTorch
/// Distributed, section 3.2, arXiv 2006.15704). A thread sums each piece over the ranks as soon as
/// all its gradients are. Pieces and their order do not depend on the tape, so ranks whose tapes
/// differ, or that have nothing to differentiate, meet all the same.
class GradientSum final : public GradientListener {
 public:
  /// `parameters` must be packed. Both must outlive this.
  GradientSum(Ranks& ranks, ParameterStore& parameters);
  /// In the midst of a sum it leaves the other ranks alone: they cannot go on.
  ~GradientSum() override;
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  /// No gradient is whole yet.
  void begin();
  void ready(Parameter& parameter) override;
  /// All are. Waits for the sums; throws what went wrong with them.
  void finish();

 private:
  struct Piece {
    std::size_t first;  ///< parameter; it holds gradients of this one and those after it
    std::span<float> gradients;
  };

  void release_whole_pieces();
  void work();

  Ranks& ranks_;
  std::vector<Piece> pieces_;
  std::unordered_map<const Parameter*, std::size_t> places_;
  std::vector<bool> whole_;
  std::size_t rest_ = 0;  ///< parameters before the last ones, which are whole

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t released_ = 0, summed_ = 0;  ///< pieces of this step
  bool closing_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace unroll
