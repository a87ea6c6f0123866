// Tensor: a dense row-major array whose copies share memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <unroll/tensor/shape.hpp>

namespace unroll {

/// float32 trains; float64 is for gradient checks; int32 holds token ids.
enum class DType : std::uint8_t { f32, f64, i32 };

const char* name_of(DType type) noexcept;
std::int64_t size_of(DType type) noexcept;
template <typename T>
inline constexpr DType dtype_of = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::i32;

/// Memory is 64-byte aligned and comes from the compute engine's pool (tensor/pool.hpp): in the
/// steady state of training no tensor asks the system for memory. Copying a Tensor shares the
/// memory; `clone` does not. A default-constructed Tensor is undefined and owns nothing.
class Tensor {
 public:
  Tensor() = default;
  /// Uninitialised memory.
  static Tensor empty(const Shape& shape, DType type = DType::f32);
  static Tensor zeros(const Shape& shape, DType type = DType::f32);
  static Tensor full(const Shape& shape, double value, DType type = DType::f32);
  /// Copies values; `values.size()` must equal `shape.size()`.
  template <typename T>
  static Tensor of(const Shape& shape, std::span<const T> values) {
    return copy_of(values.data(), values.size(), shape, dtype_of<T>);
  }
  /// A tensor over memory that somebody else owns and keeps alive.
  static Tensor borrow(void* memory, const Shape& shape, DType type);

  Tensor(const Tensor& other) noexcept;
  Tensor(Tensor&& other) noexcept;
  Tensor& operator=(Tensor other) noexcept;
  ~Tensor();

  bool defined() const noexcept { return data_ != nullptr; }
  const Shape& shape() const noexcept { return shape_; }
  std::int64_t dim(int index) const { return shape_.dim(index); }
  std::int64_t size() const noexcept { return shape_.size(); }
  DType dtype() const noexcept { return type_; }
  /// Is this the only tensor on its memory? False for borrowed memory.
  bool unique() const noexcept;

  /// The elements; T must be the element type (checked, throws std::logic_error).
  template <typename T>
  T* data() const {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> ||
                  std::is_same_v<T, std::int32_t>);
    if (type_ != dtype_of<T> || data_ == nullptr) require_type(dtype_of<T>);
    return static_cast<T*>(data_);
  }
  void* raw() const noexcept { return data_; }
  template <typename T>
  std::span<T> span() const {
    return {data<T>(), static_cast<std::size_t>(size())};
  }

  /// Rows begin … end-1 of the leading dimension, sharing memory.
  Tensor slice(std::int64_t begin, std::int64_t end) const;
  /// Row `index` of the leading dimension, without that dimension, sharing memory.
  Tensor operator[](std::int64_t index) const;
  /// The same elements in another shape of the same size, sharing memory.
  Tensor reshaped(const Shape& shape) const;
  Tensor clone() const;

  void fill(double value);
  /// Same shape and type.
  void copy_from(const Tensor& other);
  /// Elements converted to another floating type.
  Tensor to(DType type) const;

 private:
  static Tensor copy_of(const void* values, std::size_t count, const Shape& shape, DType type);
  void require_type(DType wanted) const;
  std::size_t bytes() const noexcept;
  Tensor view(std::int64_t offset, const Shape& shape) const;

  struct Block;  // reference count in front of pooled memory
  Block* block_ = nullptr;
  void* data_ = nullptr;
  Shape shape_;
  DType type_ = DType::f32;
};

}  // namespace unroll
