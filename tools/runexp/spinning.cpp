#include "spinning.hpp"

#include <unistd.h>

#include <cstdlib>

namespace unroll::cli {

void limit_spinning(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  if (setenv("GOMP_SPINCOUNT", "10000", 0) != 0) return;
  execv("/proc/self/exe", argv);  // where this fails the program goes on as it is
}

}  // namespace unroll::cli
