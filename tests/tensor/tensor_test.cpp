// Shapes, tensors and the pool behind them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/tensor.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Tensor counting(const Shape& shape) {
  Tensor tensor = Tensor::empty(shape);
  float next = 0;
  for (float& v : tensor.span<float>()) v = next++;
  return tensor;
}

TEST(Shape, CountsFromBothEnds) {
  const Shape shape{3, 4, 5};
  EXPECT_EQ(shape.dim(0), 3);
  EXPECT_EQ(shape.dim(-1), 5);
  EXPECT_EQ(shape.size(), 60);
  EXPECT_EQ(shape.rows(), 12);
  EXPECT_EQ(shape.text(), "[3, 4, 5]");
  EXPECT_THROW(shape.dim(3), std::out_of_range);
  EXPECT_EQ(Shape{}.size(), 1);
  EXPECT_EQ(Shape{}.rows(), 1);
  EXPECT_EQ((Shape{3, 0}.size()), 0);
}

TEST(Shape, RefusesTheImpossible) {
  EXPECT_THROW((Shape{1, 1, 1, 1, 1, 1}), std::invalid_argument);
  EXPECT_THROW((Shape{-1}), std::invalid_argument);
  EXPECT_THROW((Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}), std::invalid_argument);
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor a = counting({2, 3});
  EXPECT_TRUE(a.unique());
  Tensor b = a;
  const Tensor c = a.clone();
  EXPECT_FALSE(a.unique());
  b.data<float>()[0] = 9;
  EXPECT_EQ(a.data<float>()[0], 9);
  EXPECT_EQ(c.data<float>()[0], 0);
}

TEST(Tensor, ViewsShareMemory) {
  Tensor a = counting({4, 2, 3});
  EXPECT_THAT(a[2].reshaped({6}).span<float>(), ElementsAre(12, 13, 14, 15, 16, 17));
  EXPECT_EQ(a.slice(1, 3).shape(), (Shape{2, 2, 3}));
  EXPECT_EQ(a.slice(4, 4).size(), 0);
  Tensor row = a[3][1];
  row.fill(-1);
  EXPECT_EQ(a.span<float>().back(), -1);
  a = Tensor{};  // the view keeps the memory
  EXPECT_EQ(row.span<float>()[0], -1);
}

TEST(Tensor, RefusesWrongTypesShapesAndRows) {
  Tensor a = counting({2, 3});
  EXPECT_THAT([&] { a.data<double>(); },
              ThrowsMessage<std::logic_error>(HasSubstr("holds float32, not float64")));
  EXPECT_THAT(
      [&] {
        a.copy_from(counting({3, 2}));
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("[3, 2] into one of shape [2, 3]")));
  EXPECT_THROW(a[2], std::out_of_range);
  EXPECT_THROW(a.slice(1, 3), std::out_of_range);
  EXPECT_THROW(a.reshaped({7}), std::invalid_argument);
  EXPECT_THROW(Tensor{}.data<float>(), std::logic_error);
  const std::vector<float> five(5);
  EXPECT_THROW(Tensor::of<float>({2, 3}, five), std::invalid_argument);
}

TEST(Tensor, Converts) {
  const std::vector<double> values{0.5, -2.25};
  const Tensor a = Tensor::of<double>({2}, values);
  EXPECT_THAT(a.to(DType::f32).span<float>(), ElementsAre(0.5f, -2.25f));
  EXPECT_THAT(Tensor::full({2}, 3, DType::i32).span<std::int32_t>(), ElementsAre(3, 3));
}

TEST(Tensor, BorrowedMemoryStaysWithItsOwner) {
  std::vector<float> owner(6, 1.0f);
  {
    Tensor a = Tensor::borrow(owner.data(), {2, 3}, DType::f32);
    EXPECT_FALSE(a.unique());
    a[1].fill(2);
  }
  EXPECT_THAT(owner, ElementsAre(1, 1, 1, 2, 2, 2));
}

TEST(Tensor, IsAlignedForVectors) {
  for (std::int64_t n : {0, 1, 7, 100, 5000}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Tensor::empty({n}).raw()) % 64, 0U);
  }
}

TEST(Pool, HandsTheSameMemoryOutAgain) {
  Pool pool;
  void* first = pool.take(1000);
  pool.give(first, 1000);
  EXPECT_EQ(pool.take(1010), first);  // the same bucket
  EXPECT_EQ(pool.statistics().system_calls, 1);
  pool.give(first, 1010);
  EXPECT_EQ(pool.statistics().in_use, 0);
  pool.trim();
  EXPECT_EQ(pool.statistics().reserved, 0);
}

TEST(Pool, WastesAtMostAQuarter) {
  Pool pool;
  for (std::size_t bytes = 64; bytes < (std::size_t{1} << 22); bytes += bytes / 7 + 1) {
    void* memory = pool.take(bytes);
    const std::int64_t used = pool.statistics().in_use;
    EXPECT_GE(used, static_cast<std::int64_t>(bytes));
    EXPECT_LE(used, static_cast<std::int64_t>(bytes + bytes / 4 + 64)) << bytes;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % Pool::kAlignment, 0U);
    pool.give(memory, bytes);
    EXPECT_EQ(pool.statistics().in_use, 0);
  }
}

TEST(Engine, KnowsWhatItRunsOn) {
  Engine& engine = Engine::get();
  EXPECT_THAT(engine.library_version(), HasSubstr("oneDNN "));
  EXPECT_THAT(engine.processor(), HasSubstr(engine.vector_target()));
  EXPECT_THROW(engine.set_threads(0), std::invalid_argument);
}

// oneDNN is linked with GCC's OpenMP, Unroll with its compiler's. Were both in use, each would keep
// threads of its own: more than were asked for, and those of oneDNN would not flush denormals.
TEST(Engine, SharesItsThreadsWithOneDnn) {
  const auto threads_of_this_process = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  constexpr int kThreads = 4;
  Engine::get().set_threads(kThreads);
  parallel_for(kThreads, [](std::int64_t) {});
  const auto before = threads_of_this_process();
  EXPECT_GE(before, kThreads);
  constexpr std::int64_t kSize = 300;
  const std::vector<float> A(kSize * kSize, 1.0f);
  std::vector<float> C(kSize * kSize);
  gemm(false, false, kSize, kSize, kSize, 1.0f, A.data(), kSize, A.data(), kSize, 0.0f, C.data(),
       kSize);
  EXPECT_EQ(threads_of_this_process(), before);
}

}  // namespace
}  // namespace unroll
