// GemmPreparation: has the kernels of matrix products compiled while something else is done.
#pragma once

#include <thread>

namespace unroll {

/// oneDNN writes its kernels of float32 products when the first one is asked for, which takes a
/// core some 25 ms: as long as it takes to read a megabyte of text. In a thread of its own, until
/// it ends the scope.
class GemmPreparation {
 public:
  GemmPreparation();

 private:
  std::jthread thread_;
};

}  // namespace unroll
