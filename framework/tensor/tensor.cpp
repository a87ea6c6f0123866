#include <unroll/tensor/tensor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <stdexcept>

#include <unroll/tensor/engine.hpp>

namespace unroll {

// Sits in the first 64 bytes of a pooled block; the elements follow.
struct Tensor::Block {
  std::atomic<std::int64_t> references{1};
  std::size_t bytes = 0;
};

namespace {

constexpr std::size_t kHeader = Pool::kAlignment;

template <typename Function>
void with_type(DType type, Function&& f) {
  switch (type) {
    case DType::f32:
      f(float{});
      return;
    case DType::f64:
      f(double{});
      return;
    case DType::i32:
      f(std::int32_t{});
      return;
  }
}

}  // namespace

const char* name_of(DType type) noexcept {
  switch (type) {
    case DType::f32:
      return "float32";
    case DType::f64:
      return "float64";
    case DType::i32:
      return "int32";
  }
  return "unknown";
}

std::int64_t size_of(DType type) noexcept {
  return type == DType::f64 ? 8 : 4;
}

Tensor Tensor::empty(const Shape& shape, DType type) {
  static_assert(sizeof(Block) <= kHeader);
  const std::size_t bytes = kHeader + static_cast<std::size_t>(shape.size() * size_of(type));
  Tensor tensor;
  tensor.block_ = new (Engine::get().pool().take(bytes)) Block;
  tensor.block_->bytes = bytes;
  tensor.data_ = reinterpret_cast<std::byte*>(tensor.block_) + kHeader;
  tensor.shape_ = shape;
  tensor.type_ = type;
  return tensor;
}

Tensor Tensor::zeros(const Shape& shape, DType type) {
  Tensor tensor = empty(shape, type);
  std::memset(tensor.data_, 0, tensor.bytes());
  return tensor;
}

Tensor Tensor::full(const Shape& shape, double value, DType type) {
  Tensor tensor = empty(shape, type);
  tensor.fill(value);
  return tensor;
}

Tensor Tensor::borrow(void* memory, const Shape& shape, DType type) {
  Tensor tensor;
  tensor.data_ = memory;
  tensor.shape_ = shape;
  tensor.type_ = type;
  return tensor;
}

Tensor Tensor::copy_of(const void* values, std::size_t count, const Shape& shape, DType type) {
  if (count != static_cast<std::size_t>(shape.size())) {
    throw std::invalid_argument(
        fmt::format("{} values do not fill a tensor of shape {}", count, shape.text()));
  }
  Tensor tensor = empty(shape, type);
  if (count > 0) std::memcpy(tensor.data_, values, tensor.bytes());
  return tensor;
}

Tensor::Tensor(const Tensor& other) noexcept
    : block_(other.block_), data_(other.data_), shape_(other.shape_), type_(other.type_) {
  if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
}

Tensor::Tensor(Tensor&& other) noexcept
    : block_(std::exchange(other.block_, nullptr)),
      data_(std::exchange(other.data_, nullptr)),
      shape_(std::exchange(other.shape_, Shape{})),
      type_(other.type_) {}

Tensor& Tensor::operator=(Tensor other) noexcept {
  std::swap(block_, other.block_);
  std::swap(data_, other.data_);
  std::swap(shape_, other.shape_);
  std::swap(type_, other.type_);
  return *this;
}

Tensor::~Tensor() {
  if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const std::size_t bytes = block_->bytes;
    block_->~Block();
    Engine::get().pool().give(block_, bytes);
  }
}

bool Tensor::unique() const noexcept {
  return block_ != nullptr && block_->references.load(std::memory_order_acquire) == 1;
}

void Tensor::require_type(DType wanted) const {
  if (!defined()) throw std::logic_error("the tensor is undefined");
  if (type_ != wanted) {
    throw std::logic_error(
        fmt::format("the tensor holds {}, not {}", name_of(type_), name_of(wanted)));
  }
}

std::size_t Tensor::bytes() const noexcept {
  return static_cast<std::size_t>(size() * size_of(type_));
}

Tensor Tensor::view(std::int64_t offset, const Shape& shape) const {
  Tensor tensor(*this);
  tensor.data_ = static_cast<std::byte*>(data_) + offset * size_of(type_);
  tensor.shape_ = shape;
  return tensor;
}

Tensor Tensor::slice(std::int64_t begin, std::int64_t end) const {
  if (shape_.rank() == 0 || begin < 0 || begin > end || end > shape_.dim(0)) {
    throw std::out_of_range(
        fmt::format("rows {} … {} of a tensor of shape {}", begin, end, shape_.text()));
  }
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  std::copy(shape_.dims().begin(), shape_.dims().end(), dims.begin());
  const std::int64_t row = shape_.dim(0) == 0 ? 0 : size() / shape_.dim(0);
  dims[0] = end - begin;
  return view(begin * row, Shape(std::span<const std::int64_t>(dims.data(), shape_.rank())));
}

Tensor Tensor::operator[](std::int64_t index) const {
  if (shape_.rank() == 0 || index < 0 || index >= shape_.dim(0)) {
    throw std::out_of_range(fmt::format("row {} of a tensor of shape {}", index, shape_.text()));
  }
  const Shape rest(shape_.dims().subspan(1));
  return view(index * rest.size(), rest);
}

Tensor Tensor::reshaped(const Shape& shape) const {
  if (shape.size() != size()) {
    throw std::invalid_argument(
        fmt::format("shape {} does not hold the elements of {}", shape.text(), shape_.text()));
  }
  return view(0, shape);
}

Tensor Tensor::clone() const {
  if (!defined()) return {};
  Tensor tensor = empty(shape_, type_);
  std::memcpy(tensor.data_, data_, bytes());
  return tensor;
}

void Tensor::fill(double value) {
  if (!defined()) throw std::logic_error("the tensor is undefined");
  with_type(type_, [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(static_cast<T*>(data_), size(), static_cast<T>(value));
  });
}

void Tensor::copy_from(const Tensor& other) {
  other.require_type(type_);
  if (!(shape_ == other.shape_)) {
    throw std::invalid_argument(fmt::format("cannot copy a tensor of shape {} into one of shape {}",
                                            other.shape_.text(), shape_.text()));
  }
  if (data_ != other.data_) std::memcpy(data_, other.data_, bytes());
}

Tensor Tensor::to(DType type) const {
  if (!defined()) throw std::logic_error("the tensor is undefined");
  if (type == type_) return *this;
  Tensor result = empty(shape_, type);
  with_type(type_, [&](auto from) {
    with_type(type, [&](auto target) {
      using From = decltype(from);
      using To = decltype(target);
      const auto* source = static_cast<const From*>(data_);
      std::transform(source, source + size(), static_cast<To*>(result.data_),
                     [](From value) { return static_cast<To>(value); });
    });
  });
  return result;
}

}  // namespace unroll
