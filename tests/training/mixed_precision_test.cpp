// Training in mixed precision: a loss like that of single precision, steady bits, steady memory.
#include <gtest/gtest.h>

#include <training/small_run.hpp>
#include <unroll/tensor/engine.hpp>

namespace unroll {
namespace {

using namespace testing_room;

class MixedTraining : public testing::Test {
 protected:
  void SetUp() override { write_file(text, some_text(4000)); }

  double final_loss(const std::string& precision, const std::string& name) {
    Trainer trainer(small_experiment(text, "", "  epochs: 8\n  precision: " + precision + "\n"),
                    registry());
    RunWriter writer = writer_for(folder / name, trainer);
    Interrupter observer(-1);
    const Summary summary = trainer.train(&writer, observer, &observer.flag);
    return summary.validation->loss();
  }

  Folder folder;
  fs::path text = folder / "text.txt";
};

TEST_F(MixedTraining, LearnsAsSinglePrecisionDoes) {
  const double single = final_loss("f32", "f32.h5"), mixed = final_loss("bf16", "bf16.h5");
  EXPECT_NE(single, mixed);
  EXPECT_NEAR(mixed, single, 0.02 * single);
  EXPECT_EQ(final_loss("bf16", "again.h5"), mixed);
  EXPECT_NE(open_run(folder / "bf16.h5").config_resolved.find("precision: bf16"),
            std::string::npos);
}

TEST_F(MixedTraining, EvaluatesInSinglePrecision) {
  double loss[2];
  for (const bool mixed : {false, true}) {
    ExperimentOptions options = small_experiment(text, ", dropout: 0.1", "  max_steps: 1\n");
    options.training.precision = mixed ? "bf16" : "f32";
    // Weights that hardly move: what is evaluated is the same, however it was trained.
    options.training.optimizer = {
        "sgd", Node::map({{"learning_rate", {}, Node::scalar("1.0e-30")}}), {}};
    Trainer trainer(options, registry());
    Interrupter observer(-1);
    loss[mixed ? 1 : 0] = trainer.train(nullptr, observer, &observer.flag).validation->loss();
  }
  EXPECT_EQ(loss[0], loss[1]);
}

TEST_F(MixedTraining, AsksForNoMemoryOnceItRuns) {
  Trainer trainer(small_experiment(text, ", dropout: 0.2", "  epochs: 1000\n  precision: bf16\n"),
                  registry());
  trainer.trial(5);
  const auto before = Engine::get().pool().statistics().system_calls;
  trainer.trial(50);
  EXPECT_EQ(Engine::get().pool().statistics().system_calls, before);
}

}  // namespace
}  // namespace unroll
