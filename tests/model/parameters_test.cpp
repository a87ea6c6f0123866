#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unroll/core/error.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ParameterStore, DrawsEachParameterFromItsOwnStream) {
  ParameterStore one(5), two(5), other(6);
  one.make("a", {3}, init::uniform(-1, 1), {});
  two.make("inserted", {7}, init::uniform(-1, 1), {});
  two.make("a", {3}, init::uniform(-1, 1), {});
  other.make("a", {3}, init::uniform(-1, 1), {});
  const auto values = [](const ParameterStore& store) {
    const auto span = store.find("a")->value().span<float>();
    return std::vector<float>(span.begin(), span.end());
  };
  EXPECT_EQ(values(one), values(two));
  EXPECT_NE(values(one), values(other));
}

TEST(ParameterStore, PacksIntoOneAlignedArenaWithZeroGaps) {
  ParameterStore store(1);
  Parameter& a = store.make("a", {3, 5}, init::constant(2), {});
  Parameter& b = store.make("b", {17}, init::constant(3), {});
  store.pack();
  EXPECT_EQ(store.count(), 32);
  EXPECT_EQ(store.values().size(), 48U);
  EXPECT_EQ(a.value().data<float>(), store.values().data());
  EXPECT_EQ(b.value().data<float>(), store.values().data() + 16);
  EXPECT_EQ(b.gradient().data<float>(), store.gradients().data() + 16);
  EXPECT_EQ(a.value().shape(), (Shape{3, 5}));
  EXPECT_EQ(store.values()[14], 2.0F);
  EXPECT_EQ(store.values()[15], 0.0F);
  EXPECT_EQ(store.values()[16 + 16], 3.0F);
  EXPECT_EQ(store.values()[16 + 17], 0.0F);
  a.gradient().fill(4);
  store.zero_gradients();
  EXPECT_EQ(store.gradients()[0], 0.0F);
  EXPECT_THROW(store.make("late", {1}, init::zeros(), {}), std::logic_error);
}

TEST(ParameterStore, RefusesTwoOfOneName) {
  ParameterStore store(1);
  const Parameters layer = Parameters(store).scope("recurrence").scope("layer0");
  layer.make("W", {1}, init::zeros());
  EXPECT_THAT(message_of([&] { layer.make("W", {1}, init::zeros()); }),
              HasSubstr("two parameters are named 'recurrence/layer0/W'"));
}

TEST(ParameterStore, RestoresWhatItSaved) {
  for (const DType type : {DType::f32, DType::f64}) {
    ParameterStore store(1, type), other(2, type);
    for (ParameterStore* each : {&store, &other})
      each->make("layer/W", {2, 4}, init::normal(0, 1), {"input, gates * hidden", "i, f"});
    const Archive saved = store.save();
    EXPECT_EQ(saved.array("layer/W").attributes.at("axes"), "input, gates * hidden");
    EXPECT_EQ(saved.array("layer/W").attributes.at("gates"), "i, f");
    other.pack();
    other.restore(saved);
    EXPECT_EQ(other.save().array("layer/W").values, saved.array("layer/W").values);
  }
}

TEST(ParameterStore, ReportsEveryWeightThatDoesNotFit) {
  ParameterStore saved(1), model(1);
  saved.make("W", {2, 4}, init::zeros(), {});
  saved.make("surplus", {2}, init::zeros(), {});
  model.make("W", {4, 2}, init::constant(1), {});
  model.make("lacking", {2}, init::zeros(), {});
  EXPECT_THAT(
      message_of([&] { model.restore(saved.save()); }),
      AllOf(HasSubstr("'W' is [2, 4] in the file and [4, 2] in the model"),
            HasSubstr("'lacking' [2] is missing"), HasSubstr("'surplus' is not in the model")));
  EXPECT_EQ(model.find("W")->value().data<float>()[0], 1.0F) << "nothing changes on failure";
  Archive texts;
  texts.put("W", Array{{4, 2}, std::vector<std::int32_t>(8), {}});
  texts.put("lacking", Array{{2}, std::vector<float>(2), {}});
  EXPECT_THAT(message_of([&] { model.restore(texts); }),
              HasSubstr("'W' does not hold floating numbers"));
}

}  // namespace
}  // namespace unroll
