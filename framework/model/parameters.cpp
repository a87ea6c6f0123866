#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kAlignment = 16;  // elements: one cache line of float32

std::int64_t aligned(std::int64_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

template <typename T>
Array array_of(const Tensor& value) {
  const auto elements = value.span<T>();
  return {{}, std::vector<T>(elements.begin(), elements.end()), {}};
}

/// Copies saved numbers into a weight of the same size; false if they are not floating numbers.
template <typename T>
bool assign(const Array::Values& saved, std::span<T> weight) {
  return std::visit(
      [&](const auto& numbers) {
        using Number = typename std::decay_t<decltype(numbers)>::value_type;
        if constexpr (std::is_floating_point_v<Number>) {
          std::transform(numbers.begin(), numbers.end(), weight.begin(),
                         [](Number number) { return static_cast<T>(number); });
          return true;
        } else {
          return false;
        }
      },
      saved);
}

std::size_t count_of(const Array::Values& values) {
  return std::visit([](const auto& numbers) { return numbers.size(); }, values);
}

bool is_floating(const Array::Values& values) {
  return std::holds_alternative<std::vector<float>>(values) ||
         std::holds_alternative<std::vector<double>>(values);
}

}  // namespace

ParameterStore::ParameterStore(std::uint64_t seed, DType type) : seed_(seed), type_(type) {}

ParameterStore::~ParameterStore() = default;

Parameter& ParameterStore::make(std::string name, const Shape& shape,
                                const Initializer& initializer, ParameterNotes notes) {
  if (packed_) throw std::logic_error("parameter '" + name + "' made after pack()");
  if (find(name) != nullptr) fail(Failure::plugin, "two parameters are named '{}'", name);
  auto parameter = std::make_unique<Parameter>();
  parameter->name_ = std::move(name);
  parameter->notes_ = std::move(notes);
  parameter->value_ = Tensor::zeros(shape, type_);
  parameter->gradient_ = Tensor::zeros(shape, type_);
  RandomStream random(seed_, parameter->name_);
  initializer(parameter->value_, random);
  order_.push_back(parameter.get());
  owned_.push_back(std::move(parameter));
  return *order_.back();
}

void ParameterStore::pack() {
  if (packed_) return;
  std::int64_t total = 0;
  for (const Parameter* parameter : order_) total += aligned(parameter->size());
  values_ = Tensor::zeros({total}, type_);
  gradients_ = Tensor::zeros({total}, type_);
  std::int64_t begin = 0;
  for (Parameter* parameter : order_) {
    const std::int64_t end = begin + parameter->size();
    Tensor value = values_.slice(begin, end).reshaped(parameter->value_.shape());
    value.copy_from(parameter->value_);
    parameter->value_ = std::move(value);
    parameter->gradient_ = gradients_.slice(begin, end).reshaped(parameter->value_.shape());
    begin += aligned(parameter->size());
  }
  packed_ = true;
}

Parameter* ParameterStore::find(std::string_view name) const noexcept {
  const auto found = std::find_if(order_.begin(), order_.end(),
                                  [&](const Parameter* p) { return p->name() == name; });
  return found == order_.end() ? nullptr : *found;
}

std::int64_t ParameterStore::count() const noexcept {
  std::int64_t total = 0;
  for (const Parameter* parameter : order_) total += parameter->size();
  return total;
}

std::span<float> ParameterStore::values() const {
  if (!packed_) throw std::logic_error("ParameterStore::values() before pack()");
  return values_.span<float>();
}

std::span<float> ParameterStore::gradients() const {
  if (!packed_) throw std::logic_error("ParameterStore::gradients() before pack()");
  return gradients_.span<float>();
}

void ParameterStore::zero_gradients() {
  if (packed_) {
    gradients_.fill(0);
  } else {
    for (Parameter* parameter : order_) parameter->gradient_.fill(0);
  }
}

Archive ParameterStore::save() const {
  Archive archive;
  for (const Parameter* parameter : order_) {
    Array array = type_ == DType::f64 ? array_of<double>(parameter->value())
                                      : array_of<float>(parameter->value());
    const auto dims = parameter->value().shape().dims();
    array.shape.assign(dims.begin(), dims.end());
    const ParameterNotes& notes = parameter->notes();
    if (!notes.axes.empty()) array.attributes["axes"] = notes.axes;
    if (!notes.gates.empty()) array.attributes["gates"] = notes.gates;
    archive.put(parameter->name(), std::move(array));
  }
  return archive;
}

void ParameterStore::restore(const Archive& weights) {
  std::vector<std::string> problems;
  for (const Parameter* parameter : order_) {
    const Shape& shape = parameter->value().shape();
    if (!weights.has(parameter->name())) {
      problems.push_back(fmt::format("'{}' {} is missing", parameter->name(), shape.text()));
      continue;
    }
    const Array& saved = weights.array(parameter->name());
    if (!std::equal(saved.shape.begin(), saved.shape.end(), shape.dims().begin(),
                    shape.dims().end()) ||
        count_of(saved.values) != static_cast<std::size_t>(shape.size())) {
      problems.push_back(fmt::format("'{}' is {} in the file and {} in the model",
                                     parameter->name(), shape_text(saved.shape), shape.text()));
    } else if (!is_floating(saved.values)) {
      problems.push_back(fmt::format("'{}' does not hold floating numbers", parameter->name()));
    }
  }
  for (const auto& [name, array] : weights.entries())
    if (find(name) == nullptr) problems.push_back(fmt::format("'{}' is not in the model", name));
  if (!problems.empty())
    fail(Failure::data, "the saved weights do not fit this model: {}", join(problems, "; "));

  for (Parameter* parameter : order_) {
    const Array::Values& saved = weights.array(parameter->name()).values;
    if (type_ == DType::f64)
      assign(saved, parameter->value_.span<double>());
    else
      assign(saved, parameter->value_.span<float>());
  }
}

Parameters::Parameters(ParameterStore& store, std::string path)
    : store_(&store), path_(std::move(path)) {}

Parameters Parameters::scope(std::string_view name) const {
  return Parameters(*store_, path_.empty() ? std::string(name) : path_ + '/' + std::string(name));
}

Parameter& Parameters::make(std::string_view name, const Shape& shape,
                            const Initializer& initializer, ParameterNotes notes) const {
  return store_->make(scope(name).path(), shape, initializer, std::move(notes));
}

}  // namespace unroll
