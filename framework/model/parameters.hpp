// Parameters: what is learnt, by name, in one contiguous arena.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/autodiff/parameter.hpp>
#include <unroll/core/archive.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/tensor.hpp>

namespace unroll {

/// Fills a new tensor; the random stream belongs to that parameter alone.
using Initializer = std::function<void(Tensor& value, RandomStream& random)>;

/// Owns all parameters of a model.
class ParameterStore {
 public:
  /// Every parameter draws from its own stream, named by its path: adding one changes no other.
  explicit ParameterStore(std::uint64_t seed, DType type = DType::f32);
  ~ParameterStore();

  Parameter& make(std::string name, const Shape& shape, const Initializer& initializer,
                  ParameterNotes notes);
  /// Moves all parameters into one arena (16-element alignment, gaps zero). Call once, when the
  /// model is complete; `make` throws afterwards.
  void pack();

  std::span<Parameter* const> all() const noexcept { return order_; }
  Parameter* find(std::string_view name) const noexcept;
  /// Number of learnt values (gaps not counted).
  std::int64_t count() const noexcept;
  DType dtype() const noexcept { return type_; }

  /// The arenas, after `pack` (float32 stores only).
  std::span<float> values() const;
  std::span<float> gradients() const;
  void zero_gradients();

  /// Parameters that training leaves as they are.
  void freeze(Parameter& parameter) { frozen_.push_back(&parameter); }
  std::span<Parameter* const> frozen() const noexcept { return frozen_; }

  /// All weights with names, axes and gate order; `restore` checks names and shapes and reports
  /// every one that is missing, surplus or of another shape.
  Archive save() const;
  void restore(const Archive& weights);

 private:
  std::uint64_t seed_;
  DType type_;
  bool packed_ = false;
  std::vector<std::unique_ptr<Parameter>> owned_;
  std::vector<Parameter*> order_, frozen_;
  Tensor values_, gradients_;
};

/// A place in the store's tree of names; components make their parameters through it.
class Parameters {
 public:
  explicit Parameters(ParameterStore& store, std::string path = {});
  /// "recurrence" / "layer0" -> recurrence/layer0.
  Parameters scope(std::string_view name) const;
  Parameter& make(std::string_view name, const Shape& shape, const Initializer& initializer,
                  ParameterNotes notes = {}) const;
  DType dtype() const noexcept { return store_->dtype(); }
  const std::string& path() const noexcept { return path_; }
  ParameterStore& store() const noexcept { return *store_; }

 private:
  ParameterStore* store_;
  std::string path_;
};

}  // namespace unroll
