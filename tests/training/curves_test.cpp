// Fifty training steps must follow PyTorch's, from the same weights on the same batches.
#include <gtest/gtest.h>

#include <unroll/plugin/registry.hpp>
#include <unroll/results/hdf5.hpp>
#include <unroll/training/learner.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

struct Curve {
  const char* file;
  const char* cell;
  const char* optimizer;
  std::vector<std::pair<std::string, std::string>> options;
  double clip_norm;
};

Node map_of(const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<Node::Entry> entries;
  for (const auto& [key, value] : values) entries.push_back({key, {}, Node::scalar(value)});
  return Node::map(std::move(entries));
}

/// The batches of a fixture: [50, T, N] ids.
class Recorded final : public Batches {
 public:
  explicit Recorded(const Archive& fixture)
      : inputs_(as_integers(fixture.array("inputs"))),
        targets_(as_integers(fixture.array("targets"))),
        shape_(fixture.array("inputs").shape),
        batch_{Tensor::empty(Shape{shape_[1], shape_[2]}, DType::i32),
               Tensor::empty(Shape{shape_[1], shape_[2]}, DType::i32)} {}
  std::int64_t per_epoch() const override { return shape_[0]; }
  std::int64_t targets_per_epoch() const override { return shape_[0] * shape_[1] * shape_[2]; }
  void begin_epoch(std::int64_t) override {}
  bool carries() const override { return true; }
  const Batch& get(std::int64_t index) override {
    const auto size = static_cast<std::size_t>(shape_[1] * shape_[2]);
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t from = static_cast<std::size_t>(index) * size + i;
      batch_.inputs.data<TokenId>()[i] = static_cast<TokenId>(inputs_[from]);
      batch_.targets.data<TokenId>()[i] = static_cast<TokenId>(targets_[from]);
    }
    return batch_;
  }

 private:
  std::vector<std::int64_t> inputs_, targets_;
  std::vector<std::int64_t> shape_;
  Batch batch_;
};

class Curves : public testing::TestWithParam<Curve> {};

TEST_P(Curves, FollowPyTorch) {
  const Curve& curve = GetParam();
  const Archive fixture = read_hdf5(test::fixture(std::string("curve_") + curve.file + ".h5"));
  const Registry registry({test::plugins()});

  Model model;
  std::vector<std::string> tokens;
  for (int i = 0; i < 23; ++i) tokens.push_back(std::to_string(i));
  model.domain = std::make_unique<Domain>();
  model.domain->fields.text = true;
  model.domain->fields.whole = false;
  model.domain->text = Vocabulary(tokens, {});
  model.parameters = std::make_unique<ParameterStore>(1);
  Node options = map_of({{"hidden", "16"}, {"layers", "2"}});
  options = options.with("cell", Node::scalar(curve.cell));
  model.architecture = registry.make_architecture(
      {"many_to_many", options, {}}, {*model.domain, registry, Parameters(*model.parameters)});
  model.parameters->pack();
  model.parameters->restore(fixture.below("initial"));

  Learner learner(model, registry.make_optimizer({curve.optimizer, map_of(curve.options), {}}),
                  make_schedule({"constant", {}, {}}), std::make_unique<Recorded>(fixture),
                  {1, curve.clip_norm, 0, 50});
  const std::vector<double> losses = as_doubles(fixture.array("losses"));
  const std::vector<double> norms = as_doubles(fixture.array("gradient_norms"));
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const StepResult result = learner.step();
    ASSERT_NEAR(result.total / static_cast<double>(result.counted), losses[i], 1e-4)
        << "step " << i;
    ASSERT_NEAR(result.gradient_norm, norms[i], 1e-4 + 1e-3 * norms[i]) << "step " << i;
  }
  const Archive expected = fixture.below("final");
  const Archive reached = model.parameters->save();
  for (const auto& [name, array] : reached.entries()) {
    const std::vector<float> ours = as_floats(array), theirs = as_floats(expected.array(name));
    for (std::size_t i = 0; i < ours.size(); ++i)
      ASSERT_NEAR(ours[i], theirs[i], 2e-3) << name << " " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Fixtures, Curves,
    testing::Values(
        Curve{"lstm", "lstm", "adam", {{"learning_rate", "0.01"}}, 5},
        Curve{"gru", "gru", "adam", {{"learning_rate", "0.01"}}, 5},
        Curve{"rnn", "rnn", "adam", {{"learning_rate", "0.01"}}, 5},
        Curve{"lstm_adamw",
              "lstm",
              "adamw",
              {{"learning_rate", "0.01"}, {"weight_decay", "0.01"}},
              5},
        Curve{"lstm_rmsprop", "lstm", "rmsprop", {{"learning_rate", "0.01"}, {"alpha", "0.99"}}, 5},
        Curve{"lstm_sgd",
              "lstm",
              "sgd",
              {{"learning_rate", "2"}, {"momentum", "0.9"}, {"nesterov", "true"}},
              0.1}),
    [](const auto& curve) { return std::string(curve.param.file); });

}  // namespace
}  // namespace unroll
