#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <unroll/model/chrono_bias.hpp>

namespace unroll::init {

Initializer chrono_bias(const Scheme& scheme, std::int64_t hidden, std::int64_t longest,
                        std::int64_t keep, std::int64_t write) {
  if (longest < 1) throw std::invalid_argument("chrono_bias: no memory is shorter than one step");
  const double most = static_cast<double>(std::max<std::int64_t>(longest - 1, 1));
  return [=, others = bias(scheme, hidden)](Tensor& tensor, RandomStream& random) {
    others(tensor, random);
    const auto fill = [&](auto values) {
      using Value = typename decltype(values)::value_type;
      for (std::int64_t unit = 0; unit < hidden; ++unit) {
        const double slow = std::log(random.uniform(1, most));
        values[static_cast<std::size_t>(keep + unit)] = static_cast<Value>(slow);
        if (write >= 0) values[static_cast<std::size_t>(write + unit)] = static_cast<Value>(-slow);
      }
    };
    if (tensor.dtype() == DType::f64)
      fill(tensor.span<double>());
    else
      fill(tensor.span<float>());
  };
}

}  // namespace unroll::init
