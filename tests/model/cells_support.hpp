// What the tests of cells share: the variants, cells from the built plugins, random tensors.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <unroll/model/recurrence.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll::test {

/// A built-in cell with options, and the stored fixtures that belong to it.
struct Variant {
  std::string label, cell, option, value;

  PluginChoice choice() const {
    std::vector<Node::Entry> entries;
    if (!option.empty()) entries.push_back({option, {}, Node::scalar(value)});
    return {cell, Node::map(entries), {}};
  }
  bool fused() const { return option != "projection" && value != "before"; }
};

inline std::ostream& operator<<(std::ostream& out, const Variant& variant) {
  return out << variant.label;
}

inline const std::vector<Variant>& variants() {
  static const std::vector<Variant> all{{"rnn_tanh", "rnn", "activation", "tanh"},
                                        {"rnn_relu", "rnn", "activation", "relu"},
                                        {"lstm", "lstm", "", ""},
                                        {"lstm_peephole", "lstm", "peepholes", "true"},
                                        {"lstm_projection", "lstm", "projection", "5"},
                                        {"gru", "gru", "", ""},
                                        {"gru_reset_before", "gru", "reset", "before"}};
  return all;
}

/// The other cells as well.
inline const std::vector<Variant>& all_variants() {
  static const std::vector<Variant> all = [] {
    std::vector<Variant> cells = variants();
    for (const char* name :
         {"mgu", "mingru", "indrnn", "irnn", "sru", "lstm_layernorm", "clockwork"})
      cells.push_back({name, name, "", ""});
    cells.push_back({"mingru_positive", "mingru", "candidate", "positive"});
    cells.push_back({"sru_scan", "sru", "peephole", "false"});
    return cells;
  }();
  return all;
}

inline const Registry& registry() {
  static const Registry built({test::plugins()});
  return built;
}

inline Tensor random_tensor(const Shape& shape, const std::string& name, DType type = DType::f64,
                            double scale = 1.0) {
  RandomStream random(7, name);
  Tensor tensor = Tensor::empty(shape, DType::f64);
  for (double& value : tensor.span<double>()) value = random.uniform(-scale, scale);
  return tensor.to(type);
}

/// Every parameter random, so that none is zero or symmetric by its initializer.
inline void randomise(ParameterStore& store, double scale = 0.7) {
  for (Parameter* parameter : store.all()) {
    Tensor value = parameter->value();
    value.copy_from(random_tensor(value.shape(), parameter->name(), value.dtype(), scale));
  }
}

/// max |a - b| / max |b|, over all elements.
inline double distance(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape().text(), b.shape().text());
  const Tensor x = a.to(DType::f64), y = b.to(DType::f64);
  double worst = 0, largest = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, std::abs(x.data<double>()[i] - y.data<double>()[i]));
    largest = std::max(largest, std::abs(y.data<double>()[i]));
    if (std::isnan(x.data<double>()[i])) return INFINITY;
  }
  return largest == 0 ? worst : worst / largest;
}

/// A cell alone with its own parameters.
struct LoneCell {
  ParameterStore store;
  std::unique_ptr<Cell> cell;

  LoneCell(const Variant& variant, const CellSizes& sizes, DType type)
      : store(3, type), cell(registry().make_cell(variant.choice(), sizes, Parameters(store))) {
    randomise(store);
  }

  std::vector<Tensor> initial(std::int64_t batch) const {
    std::vector<Tensor> tensors;
    for (const StatePart& part : cell->parts())
      tensors.push_back(random_tensor({batch, part.width}, part.name, store.dtype()));
    return tensors;
  }
};

/// As the last argument of INSTANTIATE_TEST_SUITE_P.
inline std::string label_of(const testing::TestParamInfo<Variant>& info) {
  return info.param.label;
}

}  // namespace unroll::test
