#include <unroll/model/dataset.hpp>

#include <unroll/core/error.hpp>

namespace unroll {

std::vector<Example> Dataset::read_more(const std::string& file, const Fields& /*known*/,
                                        bool /*answered*/) {
  fail(Failure::usage, "{}: this dataset reads no files but its own", file);
}

}  // namespace unroll
