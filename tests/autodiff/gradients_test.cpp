// Every operation against central finite differences in double, all sizes different.
#include "gradient_cases.hpp"

namespace unroll::test {
namespace {

const Tensor& some_ids() {
  static const std::vector<std::int32_t> values{2, 0, 4, 2, -1, 3};
  static const Tensor ids = Tensor::of<std::int32_t>(Shape{3, 2}, values);
  return ids;
}

std::vector<Case> cases() {
  const Shape x{3, 4, 5};
  std::vector<Case> all{
      {"add", {x, x}, [](Graph&, In v) { return weigh(v[0] + v[1]); }},
      {"add_row", {x, {5}}, [](Graph&, In v) { return weigh(v[0] + v[1]); }},
      {"add_row_first", {{5}, x}, [](Graph&, In v) { return weigh(v[0] + v[1]); }},
      {"add_to_every_step", {x, {4, 5}}, [](Graph&, In v) { return weigh(v[0] + v[1]); }},
      {"subtract_from_step", {{4, 5}, x}, [](Graph&, In v) { return weigh(v[0] - v[1]); }},
      {"multiply_every_step", {x, {4, 5}}, [](Graph&, In v) { return weigh(v[0] * v[1]); }},
      {"add_scalar", {x, {}}, [](Graph&, In v) { return weigh(v[0] + v[1]); }},
      {"add_itself", {x}, [](Graph&, In v) { return weigh(v[0] + v[0]); }},
      {"subtract", {x, x}, [](Graph&, In v) { return weigh(v[0] - v[1]); }},
      {"subtract_row", {x, {5}}, [](Graph&, In v) { return weigh(v[0] - v[1]); }},
      {"subtract_from_row", {{5}, x}, [](Graph&, In v) { return weigh(v[0] - v[1]); }},
      {"subtract_scalar", {x, {}}, [](Graph&, In v) { return weigh(v[0] - v[1]); }},
      {"multiply", {x, x}, [](Graph&, In v) { return weigh(v[0] * v[1]); }},
      {"multiply_row", {x, {5}}, [](Graph&, In v) { return weigh(v[0] * v[1]); }},
      {"multiply_scalar", {x, {}}, [](Graph&, In v) { return weigh(v[0] * v[1]); }},
      {"square", {x}, [](Graph&, In v) { return weigh(v[0] * v[0]); }},
      {"times_number", {x}, [](Graph&, In v) { return weigh(2.5 * v[0] + v[0]); }},
      {"plus_number", {x}, [](Graph&, In v) { return weigh(tanh(2.5 + v[0])); }},
      {"number_minus", {x}, [](Graph&, In v) { return weigh(tanh(1.0 - v[0])); }},
      {"negate", {x}, [](Graph&, In v) { return weigh(tanh(-v[0])); }},
      {"sigmoid", {x}, [](Graph&, In v) { return weigh(sigmoid(v[0])); }},
      {"tanh", {x}, [](Graph&, In v) { return weigh(tanh(v[0])); }},
      {"relu", {x}, [](Graph&, In v) { return weigh(relu(v[0])); }},
      {"exp", {x}, [](Graph&, In v) { return weigh(exp(v[0])); }},
      {"log", {x}, [](Graph&, In v) { return weigh(log(0.5 + v[0] * v[0])); }},
      {"softplus", {x}, [](Graph&, In v) { return weigh(softplus(v[0])); }},
      {"used_twice", {x}, [](Graph&, In v) { return weigh(sigmoid(v[0]) * tanh(v[0])); }},
      {"blend", {x, x, x}, [](Graph&, In v) { return weigh(blend(v[0], v[1], v[2])); }},
      {"matmul", {{3, 4}, {4, 6}}, [](Graph&, In v) { return weigh(matmul(v[0], v[1])); }},
      {"matmul_time", {x, {5, 6}}, [](Graph&, In v) { return weigh(matmul(v[0], v[1])); }},
      {"matmul_twice",
       {{3, 4}, {4, 4}},
       [](Graph&, In v) { return weigh(matmul(tanh(matmul(v[0], v[1])), v[1])); }},
      {"matmul_transposed",
       {x, {6, 5}},
       [](Graph&, In v) { return weigh(matmul_transposed(v[0], v[1])); }},
      {"affine", {x, {5, 6}, {6}}, [](Graph&, In v) { return weigh(affine(v[0], v[1], v[2])); }},
      {"one_hot_matmul",
       {{5, 7}},
       [](Graph& g, In v) { return weigh(matmul(g.one_hot(some_ids(), 5, v[0].dtype()), v[0])); }},
      {"one_hot_affine",
       {{5, 7}, {7}},
       [](Graph& g, In v) {
         return weigh(affine(g.one_hot(some_ids(), 5, v[0].dtype()), v[0], v[1]));
       }},
      {"one_hot_affine_of_many",
       {{2, 7}, {7}},
       [](Graph& g, In v) {
         const std::vector<std::int32_t> ids{1, 0, 0, 1, 1, 0, 1, 1, 1};
         const Var rows = g.one_hot(Tensor::of<std::int32_t>({3, 3}, ids), 2, v[0].dtype());
         return weigh(affine(rows, v[0], v[1])) + weigh(affine(rows, tanh(v[0]), v[1]));
       }},
      {"one_hot_elsewhere",
       {{3, 2, 5}},
       [](Graph& g, In v) { return weigh(v[0] * g.one_hot(some_ids(), 5, v[0].dtype())); }},
      {"reshape",
       {x},
       [](Graph&, In v) {
         return weigh(tanh(reshape(v[0], {6, 10})));
       }},
      {"reshape_shared",
       {x},
       [](Graph&, In v) { return weigh(reshape(v[0], {60})) + weigh(tanh(v[0])); }},
      {"columns", {x}, [](Graph&, In v) { return weigh(columns(v[0], 1, 4)); }},
      {"split",
       {{3, 4, 6}},
       [](Graph&, In v) {
         const std::vector<Var> p = split(v[0], 3);
         return weigh(p[0] * p[1] + tanh(p[2]));
       }},
      {"split_unused", {{4, 6}}, [](Graph&, In v) { return weigh(split(v[0], 3)[1]); }},
      {"concatenate", {{3, 4}, {3, 2}, {3, 5}}, [](Graph&, In v) { return weigh(concatenate(v)); }},
      {"concatenate_same",
       {{3, 4}},
       [](Graph&, In v) {
         const Var parts[] = {v[0], tanh(v[0]), v[0]};
         return weigh(concatenate(parts));
       }},
      {"at", {x}, [](Graph&, In v) { return weigh(at(v[0], 1)) + weigh(tanh(at(v[0], 2))); }},
      {"slice", {x}, [](Graph&, In v) { return weigh(slice(v[0], 1, 3)); }},
      {"stack",
       {{4, 5}, {4, 5}},
       [](Graph&, In v) {
         const Var steps[] = {v[0], v[1], v[0] * v[1]};
         return weigh(stack(steps));
       }},
      {"reverse_time", {x}, [](Graph&, In v) { return weigh(tanh(reverse_time(v[0]))); }},
      {"mean", {x}, [](Graph&, In v) { return mean(v[0] * v[0]); }},
      {"sum_reused", {x}, [](Graph&, In v) { return sum(v[0]) * sum(tanh(v[0])); }},
      {"softmax", {x}, [](Graph&, In v) { return weigh(softmax(v[0])); }},
      {"log_softmax", {x}, [](Graph&, In v) { return weigh(log_softmax(v[0])); }},
      {"layer_norm",
       {x, {5}, {5}},
       [](Graph&, In v) { return weigh(layer_norm(v[0], v[1], v[2])); }},
      {"dropout",
       {x},
       [](Graph&, In v) {
         RandomStream random(3, "dropout");
         return weigh(dropout(v[0], 0.4, random));
       }},
      {"dropout_per_sequence",
       {x},
       [](Graph&, In v) {
         RandomStream random(3, "dropout");
         return weigh(dropout(v[0], 0.4, random, true));
       }},
      {"cross_entropy",
       {{3, 2, 5}},
       [](Graph&, In v) { return cross_entropy(v[0], some_ids()).total; }},
      {"cross_entropy_twice",
       {{3, 2, 5}},
       [](Graph&, In v) {
         return 0.5 * cross_entropy(v[0], some_ids()).total +
                cross_entropy(tanh(v[0]), some_ids()).total + weigh(v[0]);
       }},
      {"recurrence",
       {{4, 2, 3}, {3, 5}, {5, 5}},
       [](Graph& g, In v) {
         const Var a = matmul(v[0], v[1]);
         Var h = g.constant(Tensor::zeros({2, 5}, v[0].dtype()));
         std::vector<Var> outputs;
         for (std::int64_t t = 0; t < 4; ++t) {
           outputs.push_back(h = tanh(at(a, t) + matmul(h, v[2])));
         }
         return weigh(stack(outputs)) + weigh(h);
       }},
  };
  return all;
}

class Gradients : public testing::TestWithParam<Case> {};

TEST_P(Gradients, AgreeWithFiniteDifferences) {
  expect_gradients_of_differences(GetParam());
}

TEST_P(Gradients, AreTheSameInSinglePrecision) {
  expect_the_same_in_single_precision(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Operations, Gradients, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace unroll::test
