#include <gtest/gtest.h>

#include <unroll/plugin/registry.hpp>
#include <unroll/training/option_path.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

class OptionPath : public testing::Test {
 protected:
  Registry registry_{{test::plugins()}};
};

TEST_F(OptionPath, LeadsThroughNestedMapsAndPlugins) {
  const auto batch = find_option("training.batch", registry_);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->type, "integer");
  EXPECT_EQ(batch->minimum, 1);
  EXPECT_EQ(batch->maximum, 65536);
  const auto dropout = find_option("model.many_to_many.dropout", registry_);
  ASSERT_TRUE(dropout);
  EXPECT_EQ(dropout->type, "number");
  EXPECT_TRUE(find_option("model.many_to_many.cell.lstm.forget_bias", registry_));
  EXPECT_TRUE(find_option("training.optimizer.adam.learning_rate", registry_));
  EXPECT_TRUE(find_option("generate.samplers.1.temperature.temperature", registry_));
  EXPECT_EQ(find_option("model.many_to_many.cell", registry_)->plugin_kind, "cell");
}

TEST_F(OptionPath, OfNoOptionIsNothing) {
  for (const char* path : {"", "..", "trainin.batch", "training.batch.more", "model.many_to_many",
                           "model.no.hidden", "model.many_to_many.hiden", "generate.samplers.0"})
    EXPECT_FALSE(find_option(path, registry_)) << path;
}

}  // namespace
}  // namespace unroll
