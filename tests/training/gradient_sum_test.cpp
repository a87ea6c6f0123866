#include <gmock/gmock.h>

#include <memory>
#include <thread>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/training/gradient_sum.hpp>

#include "training/thread_ranks.hpp"

namespace unroll {
namespace {

using testing::Each;

/// A store of three parameters, the middle one of more than a piece.
struct Three {
  Three() {
    first = &store.make("first", {5}, init::constant(1), {});
    middle = &store.make("middle", {600, 500}, init::constant(1), {});
    last = &store.make("last", {7}, init::constant(1), {});
    store.pack();
  }
  ParameterStore store{1};
  Parameter *first, *middle, *last;
};

/// What `work(rank, three, sum)` leaves in the gradients of each of two ranks.
template <typename Work>
std::vector<std::unique_ptr<Three>> on_two_ranks(Work work) {
  test::Meeting meeting(2);
  std::vector<std::unique_ptr<Three>> stores;
  for (int rank = 0; rank < 2; ++rank) stores.push_back(std::make_unique<Three>());
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 2; ++rank)
    threads.emplace_back([&, rank] {
      test::ThreadRank own(meeting, rank);
      Three& three = *stores[static_cast<std::size_t>(rank)];
      GradientSum sum(own, three.store);
      for (int step = 0; step < 3; ++step) {
        three.store.zero_gradients();
        sum.begin();
        work(rank, three, sum);
        sum.finish();
      }
      EXPECT_EQ(own.float_sums, 3 * 2) << "two pieces, three steps";
    });
  for (std::thread& thread : threads) thread.join();
  return stores;
}

TEST(GradientSum, AddsUpWhateverTheOrderInWhichGradientsBecomeWhole) {
  const auto stores = on_two_ranks([](int rank, Three& three, GradientSum& sum) {
    const std::vector<Parameter*> order = rank == 0
                                              ? std::vector{three.last, three.middle, three.first}
                                              : std::vector{three.first, three.last, three.middle};
    for (Parameter* parameter : order) {
      parameter->gradient().fill(rank == 0 ? 1 : 10);
      sum.ready(*parameter);
    }
  });
  for (const auto& three : stores)
    for (const Parameter* parameter : {three->first, three->middle, three->last})
      EXPECT_THAT(parameter->gradient().span<float>(), Each(11.0F)) << parameter->name();
}

TEST(GradientSum, ARankWithNothingToDifferentiateGetsTheOthersGradient) {
  const auto stores = on_two_ranks([](int rank, Three& three, GradientSum& sum) {
    if (rank == 1) return;
    three.first->gradient().fill(3);
    sum.ready(*three.first);
  });
  for (const auto& three : stores) {
    EXPECT_THAT(three->first->gradient().span<float>(), Each(3.0F));
    EXPECT_THAT(three->middle->gradient().span<float>(), Each(0.0F));
  }
}

/// Notes the order in which parameters are whole, and what their gradients then are.
class Notes final : public GradientListener {
 public:
  void ready(Parameter& parameter) override {
    order.push_back(&parameter);
    gradients.push_back(parameter.gradient().clone());
  }
  std::vector<Parameter*> order;
  std::vector<Tensor> gradients;
};

TEST(GradientListener, HearsOfAParameterOnceAndOnlyWhenItsGradientIsWhole) {
  ParameterStore store{1};
  Parameter& used_twice = store.make("used_twice", {3}, init::constant(2), {});
  Parameter& used_once = store.make("used_once", {3}, init::constant(5), {});
  store.pack();
  store.zero_gradients();
  Graph graph;
  const Var x = graph.input(Tensor::full({3}, 1));
  const Var y = (x * used_twice) * used_once;
  Notes notes;
  graph.backward(sum(y * used_twice), 1, &notes);
  ASSERT_THAT(notes.order, testing::ElementsAre(&used_once, &used_twice));
  for (std::size_t i = 0; i < notes.order.size(); ++i)
    EXPECT_THAT(notes.gradients[i].span<float>(),
                testing::ElementsAreArray(notes.order[i]->gradient().span<float>()))
        << notes.order[i]->name();
  EXPECT_THAT(used_twice.gradient().span<float>(), Each(2 * 2 * 5.0F));
}

}  // namespace
}  // namespace unroll
