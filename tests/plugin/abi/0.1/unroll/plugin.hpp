// The public headers of Unroll 0.1, as plugins of that version include them. Made by
// tools/freeze-abi.
// clang-format off
#pragma once



#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>


#include <cstdint>
#include <string>


#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>


#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace unroll {

class Shape {
 public:
  static constexpr std::size_t kMaxRank = 5;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims);
  explicit Shape(std::span<const std::int64_t> dims);

  std::size_t rank() const noexcept { return rank_; }
  std::int64_t dim(int index) const;
  std::int64_t last() const { return dim(-1); }
  std::int64_t size() const noexcept;
  std::int64_t rows() const { return rank_ == 0 ? 1 : size_without_last(); }
  std::span<const std::int64_t> dims() const noexcept { return {dims_.data(), rank_}; }
  std::string text() const;

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    return a.rank_ == b.rank_ && a.dims_ == b.dims_;
  }

 private:
  std::int64_t size_without_last() const noexcept;

  std::array<std::int64_t, kMaxRank> dims_{};
  std::size_t rank_ = 0;
};

}

namespace unroll {

enum class DType : std::uint8_t { f32, f64, i32 };

const char* name_of(DType type) noexcept;
std::int64_t size_of(DType type) noexcept;
template <typename T>
inline constexpr DType dtype_of = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::i32;

class Tensor {
 public:
  Tensor() = default;
  static Tensor empty(const Shape& shape, DType type = DType::f32);
  static Tensor zeros(const Shape& shape, DType type = DType::f32);
  static Tensor full(const Shape& shape, double value, DType type = DType::f32);
  template <typename T>
  static Tensor of(const Shape& shape, std::span<const T> values) {
    return copy_of(values.data(), values.size(), shape, dtype_of<T>);
  }
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
  bool unique() const noexcept;

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

  Tensor slice(std::int64_t begin, std::int64_t end) const;
  Tensor operator[](std::int64_t index) const;
  Tensor reshaped(const Shape& shape) const;
  Tensor clone() const;

  void fill(double value);
  void copy_from(const Tensor& other);
  Tensor to(DType type) const;

 private:
  static Tensor copy_of(const void* values, std::size_t count, const Shape& shape, DType type);
  void require_type(DType wanted) const;
  std::size_t bytes() const noexcept;
  Tensor view(std::int64_t offset, const Shape& shape) const;

  struct Block;
  Block* block_ = nullptr;
  void* data_ = nullptr;
  Shape shape_;
  DType type_ = DType::f32;
};

}

namespace unroll {

struct ParameterNotes {
  std::string axes;
  std::string gates;
};

class Parameter {
 public:
  const std::string& name() const noexcept { return name_; }
  const Tensor& value() const noexcept { return value_; }
  Tensor& gradient() noexcept { return gradient_; }
  const Tensor& gradient() const noexcept { return gradient_; }
  const ParameterNotes& notes() const noexcept { return notes_; }
  std::int64_t size() const noexcept { return value_.size(); }

 private:
  friend class ParameterStore;
  std::string name_;
  Tensor value_, gradient_;
  ParameterNotes notes_;
};

}

#include <cstdint>

namespace unroll {

enum class Precision : std::uint8_t { f32, bf16 };

}

namespace unroll {

class Graph;

class GraphObserver {
 public:
  virtual ~GraphObserver() = default;
};

class GradientListener {
 public:
  virtual ~GradientListener() = default;
  virtual void ready(Parameter& parameter) = 0;
};

class Var {
 public:
  Var() = default;
  Var(Parameter& parameter) noexcept : parameter_(&parameter) {}

  bool defined() const noexcept { return graph_ != nullptr || parameter_ != nullptr; }
  const Tensor& value() const;
  const Shape& shape() const;
  std::int64_t dim(int index) const { return shape().dim(index); }
  DType dtype() const;
  Graph* graph() const noexcept { return graph_; }

 private:
  friend class Graph;
  Var(Graph* graph, std::int32_t index) : graph_(graph), index_(index) {}

  Graph* graph_ = nullptr;
  Parameter* parameter_ = nullptr;
  std::int32_t index_ = -1;
};

class Backward {
 public:
  const Tensor& output_gradient(int k = 0) const;
  bool wants(int k) const;
  const Shape& input_shape(int k) const;
  Tensor& input_gradient(int k);
  Tensor& input_gradient(int k, bool& fresh);
  void pass(int k, const Tensor& gradient);

 private:
  friend class Graph;
  Backward(Graph& graph, std::int32_t op) : graph_(graph), op_(op) {}
  std::int32_t input_node(int k) const;

  Graph& graph_;
  std::int32_t op_;
};

class Graph {
 public:
  enum class Mode { record, infer };

  explicit Graph(Mode mode = Mode::record);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  bool recording() const noexcept { return mode_ == Mode::record; }
  void set_precision(Precision precision) noexcept { precision_ = precision; }
  Precision precision() const noexcept { return precision_; }
  void show_to(GraphObserver* observer) noexcept { observer_ = observer; }
  GraphObserver* observer() const noexcept { return observer_; }
  void become_share() noexcept { share_ = true; }
  std::unique_ptr<Graph> take_share();
  void give_share(std::unique_ptr<Graph> share);
  void require_whole_batch(std::string_view operation) const;
  void clear();

  Var constant(Tensor value);
  Var input(Tensor value);
  Var use(Parameter& parameter);
  Var one_hot(Tensor ids, std::int64_t classes, DType type = DType::f32);
  Tensor ids_of(Var var) const;

  void backward(Var loss, double seed = 1.0, GradientListener* listener = nullptr);
  Tensor gradient(Var var) const;
  void watch(Var var);

  std::int32_t size() const noexcept { return node_count_; }
  void drop_values(std::int32_t since, std::span<const Var> kept);

  bool needs_gradient(const Var& var);
  Var on_tape(const Var& var);
  std::vector<Parameter*> used_parameters() const;
  Tensor share_gradient(Parameter& parameter);

  std::array<Tensor, 2>* layouts_of(Var var);

  template <typename Function>
  Var emit(Tensor value, std::initializer_list<Var> inputs, Function backward) {
    return emit(std::move(value), std::span<const Var>(inputs.begin(), inputs.size()),
                std::move(backward));
  }
  template <typename Function>
  Var emit(Tensor value, std::span<const Var> inputs, Function backward) {
    const std::int32_t first = put({&value, 1}, inputs);
    attach(first, std::move(backward));
    return {this, first};
  }
  template <typename Function>
  std::vector<Var> emit_many(std::span<const Tensor> values, std::span<const Var> inputs,
                             Function backward) {
    const std::int32_t first = put(values, inputs);
    attach(first, std::move(backward));
    return outputs(first, values.size());
  }

  static Graph& of(std::initializer_list<const Var*> operands);

 private:
  friend class Backward;
  friend class Var;

  struct Node {
    Tensor value;
    Tensor gradient;
    Tensor ids;
    Parameter* parameter = nullptr;
    std::int32_t op = -1;
    bool needs_gradient = false;
    bool keeps_gradient = false;
    bool used = false;
  };
  struct Op {
    std::int32_t first_input, inputs;
    std::int32_t first_output, outputs;
    void* closure;
    void (*run)(void* closure, Backward& backward);
    void (*destroy)(void* closure) noexcept;
  };
  struct FirstUse {
    std::int32_t op;
    Parameter* parameter;
  };
  struct Leaf {
    std::uint64_t generation;
    std::int32_t node;
    std::array<Tensor, 2> layouts;
  };

  Node& node(std::int32_t index) const {
    return nodes_[static_cast<std::size_t>(index >> kChunkBits)]
                 [static_cast<std::size_t>(index & (kChunk - 1))];
  }
  std::int32_t add_node(Tensor value);
  std::int32_t resolve(const Var& var);
  const Tensor& value_of(std::int32_t index) const;
  std::int32_t put(std::span<const Tensor> values, std::span<const Var> inputs);
  std::vector<Var> outputs(std::int32_t first, std::size_t count);
  bool adds_to_parameter(const Node& node) const noexcept {
    return node.parameter != nullptr && !share_;
  }
  void* allocate(std::size_t bytes, std::size_t alignment);
  void finish(Op& op) noexcept;

  template <typename Function>
  void attach(std::int32_t output, Function&& backward) {
    using Closure = std::decay_t<Function>;
    const std::int32_t index = node(output).op;
    if (index < 0) return;
    Op& op = ops_[static_cast<std::size_t>(index)];
    op.closure =
        new (allocate(sizeof(Closure), alignof(Closure))) Closure(std::forward<Function>(backward));
    op.run = [](void* closure, Backward& b) { (*static_cast<Closure*>(closure))(b); };
    op.destroy = [](void* closure) noexcept { static_cast<Closure*>(closure)->~Closure(); };
  }

  static constexpr int kChunkBits = 8;
  static constexpr std::int32_t kChunk = 1 << kChunkBits;
  static constexpr std::size_t kArenaBytes = std::size_t{1} << 16;

  Mode mode_;
  Precision precision_ = Precision::f32;
  GraphObserver* observer_ = nullptr;
  bool ran_backward_ = false;
  bool share_ = false;
  std::uint64_t generation_ = 1;
  std::int32_t node_count_ = 0;
  std::vector<std::unique_ptr<Node[]>> nodes_;
  std::vector<Op> ops_;
  std::vector<std::int32_t> inputs_;
  std::vector<FirstUse> first_uses_;
  std::unordered_map<const Parameter*, Leaf> leaves_;
  std::vector<std::unique_ptr<Graph>> spare_shares_;
  std::vector<std::unique_ptr<std::byte[]>> arena_;
  std::size_t arena_chunk_ = 0, arena_used_ = 0;
};

}

namespace unroll {

Var linear_scan(Var decay, Var input, Var initial);

}

#include <cstdint>


namespace unroll {

Var gelu(Var x);

Tensor rotary_turns(std::int64_t steps, std::int64_t width, DType type, double base = 10000);
Var rotate_pairs(Var x, const Tensor& turns);

Var causal_attention(Var queries, Var keys, Var values, std::int64_t heads, std::int64_t reach);

}

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>


#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>


#include <fmt/core.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace unroll {

enum class Failure : int {
  run = 1,
  usage = 2,
  plugin = 3,
  data = 4,
  diverged = 5,
  gate = 6,
};

class Error : public std::runtime_error {
 public:
  Error(Failure kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  Failure kind() const noexcept { return kind_; }
  int exit_code() const noexcept { return static_cast<int>(kind_); }

 private:
  Failure kind_;
};

template <typename... Args>
[[noreturn]] void fail(Failure kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

std::string current_exception_text();

struct Mark {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;

  std::string text() const;
};

}

namespace unroll {

class Node {
 public:
  enum class Kind { null, scalar, sequence, map };
  struct Entry;

  Node() = default;
  static Node null(Mark mark = {});
  static Node scalar(std::string text, Mark mark = {}, bool quoted = false);
  static Node sequence(std::vector<Node> items, Mark mark = {});
  static Node map(std::vector<Entry> entries, Mark mark = {});

  Kind kind() const noexcept;
  bool is_null() const noexcept { return kind() == Kind::null; }
  bool is_scalar() const noexcept { return kind() == Kind::scalar; }
  bool is_sequence() const noexcept { return kind() == Kind::sequence; }
  bool is_map() const noexcept { return kind() == Kind::map; }
  const Mark& mark() const noexcept;

  const std::string& text() const noexcept;
  bool quoted() const noexcept;
  const std::vector<Node>& items() const noexcept;
  const std::vector<Entry>& entries() const noexcept;
  const Node* find(std::string_view key) const noexcept;

  Node with(std::string_view key, Node value, Mark key_mark = {}) const;
  Node at(Mark mark) const;

 private:
  struct Content;
  std::shared_ptr<const Content> content_;
};

struct Node::Entry {
  std::string key;
  Mark key_mark;
  Node value;
};

std::string to_yaml(const Node& node);

std::string to_flow_yaml(const Node& node);

bool same_value(const Node& a, const Node& b);

}

#include <string>
#include <vector>


namespace unroll {

class Problems {
 public:
  struct Problem {
    Mark mark;
    std::string message;
    Failure kind = Failure::usage;
  };

  void add(const Mark& mark, std::string message, Failure kind = Failure::usage);
  bool empty() const noexcept { return problems_.empty(); }
  const std::vector<Problem>& all() const noexcept { return problems_; }
  std::string text() const;
  void throw_if_any() const;

 private:
  std::vector<Problem> problems_;
};

}

namespace unroll {

struct OptionDescription {
  std::string name;
  std::string type;
  std::string default_value;
  std::string meaning;
  std::optional<double> minimum, maximum;
  bool minimum_excluded = false;
  std::vector<std::string> choices;
  bool required = false;
  std::string plugin_kind;
  std::vector<OptionDescription> nested;
};

struct Description {
  std::string summary;
  std::vector<OptionDescription> options;
};

struct PluginChoice {
  std::string name;
  Node options;
  Mark mark;

  bool chosen() const noexcept { return !name.empty(); }
};

class PluginCatalogue {
 public:
  virtual ~PluginCatalogue() = default;
  virtual std::vector<std::string> names(std::string_view kind) const = 0;
  virtual Node resolve(std::string_view kind, const PluginChoice& choice,
                       Problems& problems) const = 0;
};

struct ReadContext {
  Problems& problems;
  const PluginCatalogue* plugins = nullptr;
};

template <typename Options>
class Schema;

namespace detail {

bool read_value(const Node&, bool& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, std::int64_t& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, int& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, std::uint64_t& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, double& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, float& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, std::string& into, const OptionDescription&, ReadContext&);
bool read_value(const Node&, PluginChoice& into, const OptionDescription&, ReadContext&);

Node write_value(bool);
Node write_value(std::int64_t);
Node write_value(int);
Node write_value(std::uint64_t);
Node write_value(double);
Node write_value(float);
Node write_value(const std::string&);
Node write_value(const PluginChoice&);

void resolve_default(PluginChoice& choice, const Mark& mark, const OptionDescription&,
                     ReadContext&);

bool expect_list(const Node& node, const OptionDescription&, ReadContext&);
bool expect_map(const Node& node, const std::string& name, Problems& problems);
void report_missing(const Mark& mark, const OptionDescription&, Problems& problems);

void check_new_option(const Description&, const std::string& name);
void set_plugin_kind(OptionDescription& option, std::string plugin_kind);

void report_unknown_keys(const Node& node, const std::vector<OptionDescription>& options,
                         Problems& problems);

}

template <typename Options>
class Schema {
 public:
  class Refinement {
   public:
    explicit Refinement(OptionDescription& option) : option_(option) {}
    Refinement& range(double minimum, double maximum);
    Refinement& at_least(double minimum);
    Refinement& at_most(double maximum);
    Refinement& above(double minimum);
    Refinement& choices(std::vector<std::string> names);
    Refinement& required();
    Refinement& kind(std::string plugin_kind);

   private:
    OptionDescription& option_;
  };

  Schema& summary(std::string text);

  template <typename T, typename Owner>
  requires std::derived_from<Options, Owner> Refinement option(std::string name, T Owner::*member,
                                                               std::string meaning);

  const Description& description() const noexcept { return description_; }

  Options read(const Node& node, ReadContext& context) const;
  void read_into(Options& into, const Node& node, ReadContext& context) const;
  Node write(const Options& options) const;
  std::vector<OptionDescription> describe_with(const Options& defaults) const;

 private:
  struct Binding {
    std::function<void(Options&, const Mark&, const OptionDescription&, ReadContext&)> fill;
    std::function<void(Options&, const Node&, const OptionDescription&, ReadContext&)> read;
    std::function<Node(const Options&)> write;
  };
  Description description_;
  std::vector<Binding> bindings_;
};

template <typename Component>
Schema<typename Component::Options> schema_of() {
  Schema<typename Component::Options> schema;
  Component::describe(schema);
  return schema;
}

}



namespace unroll {
namespace detail {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
concept Described = requires(Schema<T>& schema) {
  T::describe(schema);
};

template <typename T>
const Schema<T>& nested_schema() {
  static const Schema<T> schema = [] {
    Schema<T> made;
    T::describe(made);
    return made;
  }();
  return schema;
}

template <typename T>
std::string type_name() {
  if constexpr (IsVector<T>::value) {
    return "list of " + type_name<typename T::value_type>() + "s";
  } else if constexpr (IsOptional<T>::value) {
    return type_name<typename T::value_type>();
  } else if constexpr (Described<T>) {
    return "map";
  } else if constexpr (std::is_same_v<T, PluginChoice>) {
    return "plugin";
  } else if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "text";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "number";
  } else {
    static_assert(std::is_integral_v<T>, "options of this type are not supported");
    return "integer";
  }
}

template <typename T>
bool read_any(const Node& node, T& into, const OptionDescription& option, ReadContext& context) {
  if constexpr (IsVector<T>::value) {
    if (!expect_list(node, option, context)) return false;
    T values;
    bool good = true;
    for (const Node& item : node.items()) {
      typename T::value_type value{};
      good = read_any(item, value, option, context) && good;
      values.push_back(std::move(value));
    }
    if (good) into = std::move(values);
    return good;
  } else if constexpr (IsOptional<T>::value) {
    if (node.is_null()) {
      into.reset();
      return true;
    }
    typename T::value_type value{};
    if (!read_any(node, value, option, context)) return false;
    into = std::move(value);
    return true;
  } else if constexpr (Described<T>) {
    if (!expect_map(node, option.name, context.problems)) return false;
    nested_schema<T>().read_into(into, node, context);
    return true;
  } else {
    return read_value(node, into, option, context);
  }
}

template <typename T>
Node write_any(const T& value) {
  if constexpr (IsVector<T>::value) {
    std::vector<Node> items;
    for (typename T::const_reference item : value) {
      items.push_back(write_any<typename T::value_type>(item));
    }
    return Node::sequence(std::move(items));
  } else if constexpr (IsOptional<T>::value) {
    return value ? write_any(*value) : Node();
  } else if constexpr (Described<T>) {
    return nested_schema<T>().write(value);
  } else {
    return write_value(value);
  }
}

template <typename T>
void fill_any(T& value, const Mark& mark, const OptionDescription& option, ReadContext& context) {
  if constexpr (std::is_same_v<T, PluginChoice>) {
    resolve_default(value, mark, option, context);
  } else if constexpr (Described<T>) {
    nested_schema<T>().read_into(value, Node::map({}, mark), context);
  } else if constexpr (IsOptional<T>::value) {
    if (value) fill_any(*value, mark, option, context);
  } else if constexpr (IsVector<T>::value) {
    if constexpr (!std::is_same_v<T, std::vector<bool>>) {
      for (auto& item : value) fill_any(item, mark, option, context);
    }
  }
}

template <typename T>
std::vector<OptionDescription> describe_nested(const T& defaults) {
  if constexpr (IsVector<T>::value || IsOptional<T>::value) {
    return describe_nested(typename T::value_type{});
  } else if constexpr (Described<T>) {
    return nested_schema<T>().describe_with(defaults);
  } else {
    return {};
  }
}

}

template <typename Options>
auto Schema<Options>::Refinement::range(double minimum, double maximum) -> Refinement& {
  at_least(minimum);
  return at_most(maximum);
}

template <typename Options>
auto Schema<Options>::Refinement::at_least(double minimum) -> Refinement& {
  option_.minimum = minimum;
  option_.minimum_excluded = false;
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::at_most(double maximum) -> Refinement& {
  option_.maximum = maximum;
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::above(double minimum) -> Refinement& {
  option_.minimum = minimum;
  option_.minimum_excluded = true;
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::choices(std::vector<std::string> names) -> Refinement& {
  option_.choices = std::move(names);
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::required() -> Refinement& {
  option_.required = true;
  option_.default_value.clear();
  return *this;
}

template <typename Options>
auto Schema<Options>::Refinement::kind(std::string plugin_kind) -> Refinement& {
  detail::set_plugin_kind(option_, std::move(plugin_kind));
  return *this;
}

template <typename Options>
Schema<Options>& Schema<Options>::summary(std::string text) {
  description_.summary = std::move(text);
  return *this;
}

template <typename Options>
template <typename T, typename Owner>
requires std::derived_from<Options, Owner>
auto Schema<Options>::option(std::string name, T Owner::*member, std::string meaning)
    -> Refinement {
  detail::check_new_option(description_, name);
  const Options defaults{};
  OptionDescription option;
  option.name = std::move(name);
  option.type = detail::type_name<T>();
  option.default_value = to_flow_yaml(detail::write_any<T>(defaults.*member));
  option.meaning = std::move(meaning);
  option.nested = detail::describe_nested<T>(defaults.*member);
  description_.options.push_back(std::move(option));

  Binding binding;
  binding.fill = [member](Options& options, const Mark& mark, const OptionDescription& described,
                          ReadContext& context) {
    detail::fill_any<T>(options.*member, mark, described, context);
  };
  binding.read = [member](Options& options, const Node& node, const OptionDescription& described,
                          ReadContext& context) {
    detail::read_any<T>(node, options.*member, described, context);
  };
  binding.write = [member](const Options& options) {
    return detail::write_any<T>(options.*member);
  };
  bindings_.push_back(std::move(binding));
  return Refinement(description_.options.back());
}

template <typename Options>
Options Schema<Options>::read(const Node& node, ReadContext& context) const {
  Options options{};
  read_into(options, node, context);
  return options;
}

template <typename Options>
void Schema<Options>::read_into(Options& into, const Node& node, ReadContext& context) const {
  if (!detail::expect_map(node, "", context.problems)) return;
  detail::report_unknown_keys(node, description_.options, context.problems);
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    const OptionDescription& option = description_.options[i];
    const Node* value = node.find(option.name);
    if (option.required && (!value || value->is_null())) {
      detail::report_missing(value ? value->mark() : node.mark(), option, context.problems);
    } else if (value) {
      bindings_[i].read(into, *value, option, context);
    } else {
      bindings_[i].fill(into, node.mark(), option, context);
    }
  }
}

template <typename Options>
Node Schema<Options>::write(const Options& options) const {
  std::vector<Node::Entry> entries;
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    entries.push_back({description_.options[i].name, {}, bindings_[i].write(options)});
  }
  return Node::map(std::move(entries));
}

template <typename Options>
std::vector<OptionDescription> Schema<Options>::describe_with(const Options& defaults) const {
  std::vector<OptionDescription> described = description_.options;
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    if (!described[i].required) {
      described[i].default_value = to_flow_yaml(bindings_[i].write(defaults));
    }
  }
  return described;
}

}

#include <array>
#include <cstdint>
#include <string_view>

namespace unroll {

class RandomStream {
 public:
  using State = std::array<std::uint64_t, 4>;

  RandomStream(std::uint64_t seed, std::string_view name);
  explicit RandomStream(const State& state) : state_(state) {}

  std::uint64_t next();
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal();
  std::uint64_t below(std::uint64_t bound);

  const State& state() const noexcept { return state_; }

 private:
  State state_;
};

}

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

std::string join(std::span<const std::string> words, std::string_view separator = ", ");

std::optional<std::size_t> first_invalid_utf8(std::string_view text);

std::string grouped(std::int64_t number);
std::string human_bytes(std::uint64_t bytes);
std::string human_seconds(double seconds);
std::string human_count(double count);

}

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace unroll {

enum class Segment { grapheme, word };

namespace detail {
void segments(std::string_view text, Segment kind, void (*take)(void*, std::string_view),
              void* context);
}

template <typename Function>
void for_each_segment(std::string_view text, Segment kind, Function&& take) {
  using Plain = std::remove_reference_t<Function>;
  detail::segments(
      text, kind,
      [](void* context, std::string_view segment) { (*static_cast<Plain*>(context))(segment); },
      const_cast<void*>(static_cast<const void*>(&take)));
}

std::string fold_case(std::string_view text);

enum class NormalForm { nfc, nfkc };
std::string normalise(std::string_view text, NormalForm form);

inline char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<char32_t>(static_cast<unsigned char>(text[i])) : U'\0';
  };
  const char32_t first = byte(at);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte(at + i) & 0x3F);
  at = std::min(at + length, text.size());
  return std::min(point, char32_t{0x10FFFF});
}

enum class CharacterKind {
  letter,
  ideograph,
  wide_mark,
  unspaced,
  digit,
  mark,
  opening,
  closing,
  dash,
  connector,
  punctuation,
  currency,
  symbol,
  space,
  line_break,
};
CharacterKind kind_of(char32_t point) noexcept;

}

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace unroll {

enum class LineBreaks { token, space, paragraph };

namespace detail {
void words(std::string_view text, LineBreaks line_breaks, void (*take)(void*, std::string_view),
           void* context);
}

template <typename Function>
void for_each_word(std::string_view text, LineBreaks line_breaks, Function&& take) {
  using Plain = std::remove_reference_t<Function>;
  detail::words(
      text, line_breaks,
      [](void* context, std::string_view token) { (*static_cast<Plain*>(context))(token); },
      const_cast<void*>(static_cast<const void*>(&take)));
}

std::vector<std::string> cut_words(std::string_view text, LineBreaks line_breaks);

std::string join_words(std::span<const std::string> tokens);

bool is_word(std::string_view token) noexcept;

std::string_view without_spaces(std::string_view token) noexcept;

}


#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>


#include <cstddef>
#include <span>
#include <string>
#include <vector>


#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace unroll {

struct Array {
  using Values =
      std::variant<std::vector<float>, std::vector<double>, std::vector<std::int32_t>,
                   std::vector<std::int64_t>, std::vector<std::uint8_t>, std::vector<std::string>>;

  std::vector<std::int64_t> shape;
  Values values;
  std::map<std::string, std::string> attributes;
};

std::string shape_text(std::span<const std::int64_t> shape);

class Archive {
 public:
  void put(std::string name, Array array);
  void put(std::string name, double value);
  void put(std::string name, std::int64_t value);
  void put(std::string name, std::string value);

  bool has(std::string_view name) const;
  const Array& array(std::string_view name) const;
  double number(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  const std::string& text(std::string_view name) const;

  Archive below(std::string_view prefix) const;
  void merge(std::string_view prefix, const Archive& other);

  const std::map<std::string, Array, std::less<>>& entries() const noexcept { return entries_; }

 private:
  std::map<std::string, Array, std::less<>> entries_;
};

}

namespace unroll {

class Moments {
 public:
  explicit Moments(std::vector<std::string> names);
  std::size_t count() const noexcept { return names_.size(); }
  std::span<float> get(std::size_t index, std::size_t size);
  Archive save() const;
  void restore(const Archive& archive);

 private:
  std::vector<std::string> names_;
  std::vector<std::vector<float>> values_;
};

}

#include <cstdint>
#include <span>


namespace unroll {

struct UpdateStep {
  double learning_rate;
  double gradient_scale;
  std::int64_t number;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual double learning_rate() const = 0;
  virtual void update(std::span<float> weights, std::span<const float> gradients,
                      const UpdateStep& step) = 0;
  virtual Archive save() const = 0;
  virtual void restore(const Archive& state) = 0;
};

}

namespace unroll {

class ElementwiseOptimizer : public Optimizer {
 public:
  double learning_rate() const final { return rate_; }
  void update(std::span<float> weights, std::span<const float> gradients,
              const UpdateStep& step) final;
  Archive save() const final { return moments_.save(); }
  void restore(const Archive& state) final { moments_.restore(state); }

 protected:
  static constexpr std::size_t kMostMoments = 4;

  struct Piece {
    std::size_t size;
    float* weights;
    const float* gradients;
    std::array<float*, kMostMoments> moments;
  };

  ElementwiseOptimizer(double learning_rate, std::vector<std::string> moments);

  virtual void apply(const UpdateStep& step, const Piece& piece) const = 0;

 private:
  double rate_;
  Moments moments_;
};

}


namespace unroll {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;

  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("learning_rate", &O::learning_rate, "before any schedule").above(0);
    schema.option("beta1", &O::beta1, "decay of the gradient's average").range(0, 0.999999);
    schema.option("beta2", &O::beta2, "decay of the square's average").range(0, 0.999999);
    schema.option("epsilon", &O::epsilon, "added after the square root").at_least(0);
  }
};

class AdamOptimizer : public ElementwiseOptimizer {
 protected:
  AdamOptimizer(const AdamOptions& options, bool decoupled)
      : ElementwiseOptimizer(options.learning_rate, {"m", "v"}),
        options_(options),
        decoupled_(decoupled) {}

 private:
  void apply(const UpdateStep& step, const Piece& piece) const final;

  AdamOptions options_;
  bool decoupled_;
};

}

#include <cstdint>
#include <string>


#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>


#include <cstdint>
#include <span>
#include <vector>



namespace unroll {

Var dot_scores(Var queries, Var keys, const Tensor& lengths = {});
Var additive_scores(Var queries, Var keys, Var v, const Tensor& lengths = {});
Var masked_softmax(Var scores, const Tensor& lengths = {});
Var weighted_sum(Var weights, Var values, const Tensor& lengths = {});

}

#include <cstdint>


#include <array>
#include <cstdint>


namespace unroll {

struct Window {
  std::array<std::int64_t, 2> size{1, 1};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 2> padding{0, 0};
};

class WindowOverImages {
 public:
  WindowOverImages(const Shape& images, const Window& window);

  const Shape& images() const noexcept { return images_; }
  const Window& window() const noexcept { return window_; }
  Shape result(std::int64_t channels) const;
  Shape pooled() const { return result(images_.dim(1)); }

 private:
  Shape images_;
  Window window_;
};

void convolve(const WindowOverImages& over, std::int64_t O, const float* x, const float* w,
              const float* b, float* y);
void convolve(const WindowOverImages& over, std::int64_t O, const double* x, const double* w,
              const double* b, double* y);
void convolve_to_images(const WindowOverImages& over, std::int64_t O, const float* dy,
                        const float* w, float* dx);
void convolve_to_images(const WindowOverImages& over, std::int64_t O, const double* dy,
                        const double* w, double* dx);
void convolve_to_weights(const WindowOverImages& over, std::int64_t O, const float* x,
                         const float* dy, float* dw, float* db);
void convolve_to_weights(const WindowOverImages& over, std::int64_t O, const double* x,
                         const double* dy, double* dw, double* db);

enum class Pooling { largest, average };

Tensor pool(const WindowOverImages& over, Pooling pooling, const float* x, float* y);
Tensor pool(const WindowOverImages& over, Pooling pooling, const double* x, double* y);
void pool_back(const WindowOverImages& over, Pooling pooling, const Tensor& places, const float* dy,
               float* dx);
void pool_back(const WindowOverImages& over, Pooling pooling, const Tensor& places,
               const double* dy, double* dx);

}

namespace unroll {

struct ConvolutionOptions {
  std::int64_t stride = 1;
  std::int64_t padding = 0;
};
Var conv2d(Var x, Var w, const ConvolutionOptions& options = {});
Var conv2d(Var x, Var w, Var b, const ConvolutionOptions& options = {});

Var max_pool2d(Var x, const Window& window);
Var average_pool2d(Var x, const Window& window);
Var mean_over_pixels(Var x);

struct ChannelStatistics {
  explicit ChannelStatistics(std::int64_t channels, DType type)
      : mean(Tensor::zeros({channels}, type)), variance(Tensor::full({channels}, 1, type)) {}
  Tensor mean, variance;
};
Var batch_norm(Var x, Var gain, Var bias, ChannelStatistics& running, double momentum = 0.1,
               double epsilon = 1e-5);
Var batch_norm_with(const ChannelStatistics& given, Var x, Var gain, Var bias,
                    double epsilon = 1e-5);

}

#include <cstdint>
#include <span>
#include <vector>


#include <cstdint>
#include <span>
#include <vector>


namespace unroll {

class Packing {
 public:
  struct Run {
    std::int64_t steps, lanes;
  };

  Packing(std::int64_t steps, std::span<const std::int32_t> lengths);

  std::int64_t steps() const { return places_.dim(0); }
  std::int64_t lanes() const { return places_.dim(1); }
  std::int64_t rows() const { return origins_.size(); }
  std::span<const Run> runs() const noexcept { return runs_; }

  const Tensor& places() const noexcept { return places_; }
  const Tensor& origins() const noexcept { return origins_; }
  const Tensor& mirrored() const noexcept { return mirrored_; }
  const Tensor& lane_of() const noexcept { return lane_of_; }

 private:
  Tensor places_, origins_, mirrored_, lane_of_;
  std::vector<Run> runs_;
};

}

namespace unroll {

class RandomStream;

Var pack(Var x, const Packing& packing);
Var unpack(Var rows, const Packing& packing);
Var reverse_sequences(Var rows, const Packing& packing);
Var dropout(Var rows, double probability, RandomStream& random, const Packing& packing);

Var mean_over_time(Var x, std::span<const std::int32_t> lengths = {});
Var max_over_time(Var x, std::span<const std::int32_t> lengths = {});
Var last_step(Var x, std::span<const std::int32_t> lengths = {});
Var repeat_time(Var x, std::int64_t steps);

std::vector<Var> split_rows(Var x, std::span<const std::int64_t> sizes);
Var join_rows(std::span<const Var> parts);

}

namespace unroll {

class RandomStream;

Var operator+(Var a, Var b);
Var operator-(Var a, Var b);
Var operator*(Var a, Var b);
Var operator*(double a, Var b);
Var operator+(double a, Var b);
Var operator-(double a, Var b);
Var operator-(Var a);
Var sigmoid(Var x);
Var tanh(Var x);
Var relu(Var x);
Var exp(Var x);
Var log(Var x);
Var softplus(Var x);
Var blend(Var gate, Var a, Var b);

Var matmul(Var x, Var w);
Var matmul_transposed(Var x, Var w);
Var affine(Var x, Var w, Var b);

Var reshape(Var x, const Shape& shape);
Var columns(Var x, std::int64_t begin, std::int64_t end);
std::vector<Var> split(Var x, std::int64_t parts);
Var concatenate(std::span<const Var> parts);
Var at(Var x, std::int64_t index);
Var slice(Var x, std::int64_t begin, std::int64_t end);
Var stack(std::span<const Var> steps);
Var reverse_time(Var x);
Var detach(Var x);

Var sum(Var x);
Var mean(Var x);
Var softmax(Var x);
Var log_softmax(Var x);
Var layer_norm(Var x, Var gain, Var bias, double epsilon = 1e-5);

Var dropout(Var x, double probability, RandomStream& random, bool per_sequence = false);

struct CrossEntropy {
  Var total;
  std::int64_t counted = 0;
  std::int64_t correct = 0;
  double weight = 0;
};
struct CrossEntropyOptions {
  Tensor class_weights{};
  double label_smoothing = 0;
};
CrossEntropy cross_entropy(Var logits, const Tensor& targets,
                           const CrossEntropyOptions& options = {});
struct SquaredError {
  Var total;
  double weight = 0;
};
SquaredError squared_error(Var x, const Tensor& targets, const Tensor& mask = {});

}

#include <memory>


#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>


namespace unroll {

using Initializer = std::function<void(Tensor& value, RandomStream& random)>;

class ParameterStore {
 public:
  explicit ParameterStore(std::uint64_t seed, DType type = DType::f32);
  ~ParameterStore();

  Parameter& make(std::string name, const Shape& shape, const Initializer& initializer,
                  ParameterNotes notes);
  void pack();

  std::span<Parameter* const> all() const noexcept { return order_; }
  Parameter* find(std::string_view name) const noexcept;
  std::int64_t count() const noexcept;
  DType dtype() const noexcept { return type_; }

  std::span<float> values() const;
  std::span<float> gradients() const;
  void zero_gradients();

  void freeze(Parameter& parameter) { frozen_.push_back(&parameter); }
  std::span<Parameter* const> frozen() const noexcept { return frozen_; }

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

class Parameters {
 public:
  explicit Parameters(ParameterStore& store, std::string path = {});
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

}

namespace unroll {

class Cell;
class Encoder;
struct CellSizes;
struct EncoderSizes;

class ComponentFactory {
 public:
  virtual ~ComponentFactory() = default;
  virtual std::unique_ptr<Cell> make_cell(const PluginChoice& choice, const CellSizes& sizes,
                                          const Parameters& parameters) const = 0;
  virtual std::unique_ptr<Encoder> make_encoder(const PluginChoice& choice,
                                                const EncoderSizes& sizes,
                                                const Parameters& parameters) const = 0;
};

}

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>


#include <cstdint>
#include <string>
#include <vector>

namespace unroll {

struct Example {
  std::string text{};
  std::string target{};
  std::string label{};
  std::vector<float> values{};
  std::vector<float> features{};
  std::vector<std::string> words{};
  std::string origin{};
};

struct Fields {
  bool text = false;
  bool target = false;
  bool label = false;
  std::vector<std::string> values;
  std::vector<std::int64_t> features;
  std::vector<std::string> feature_names;
  bool scaled = false;
  bool whole = true;
};

struct DataFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct Splits {
  std::vector<Example> train, validation, test;
  Fields fields;
  std::string split_name;
  std::vector<DataFile> files;
  std::vector<std::string> notices;
};

class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual Splits load() = 0;
  virtual std::vector<Example> read_more(const std::string& file, const Fields& known,
                                         bool answered);
};

}

#include <cstdint>
#include <span>
#include <string>
#include <vector>


namespace unroll {

struct Scaling {
  std::vector<float> mean, deviation;

  bool active() const noexcept { return !mean.empty(); }

  static Scaling learn(std::span<const Example> examples, std::vector<float> Example::*numbers,
                       std::size_t width, std::size_t run = 1);
  void apply(std::vector<float>& numbers, std::size_t run = 1) const;

  void save(Archive& archive, const std::string& name) const;
  static Scaling load(const Archive& archive, const std::string& name);
};

std::size_t scaling_run(std::span<const std::int64_t> shape);
std::size_t scaling_width(std::span<const std::int64_t> shape);

}

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>


namespace unroll {

using TokenId = std::int32_t;

struct SpecialTokens {
  bool begin = false, end = false;
};

class Vocabulary {
 public:
  struct Special {
    std::optional<TokenId> unknown, begin, end;
  };

  Vocabulary() = default;
  Vocabulary(std::vector<std::string> tokens, Special special);
  static Vocabulary with_special(std::vector<std::string> tokens, SpecialTokens wanted);

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(tokens_.size()); }
  const std::string& token(TokenId id) const { return tokens_.at(static_cast<std::size_t>(id)); }
  std::optional<TokenId> find(std::string_view token) const;
  const Special& special() const noexcept { return special_; }
  const std::vector<std::string>& tokens() const noexcept { return tokens_; }
  bool never_generated(TokenId id) const noexcept;

  Archive save() const;
  static Vocabulary load(const Archive& archive);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, TokenId, Hash, std::equal_to<>> ids_;
  Special special_;
};

}

namespace unroll {

struct Domain {
  Fields fields;
  Vocabulary text;
  Vocabulary target;
  std::vector<std::string> classes;
  std::vector<std::int64_t> class_counts;
  std::vector<std::int64_t> target_counts;
  Scaling features, values;

  std::optional<std::int32_t> find_class(std::string_view label) const;

  Archive save() const;
  static Domain load(const Archive& archive);
};

}

namespace unroll {

class RandomStream;

struct Task {
  enum class Goal {
    next_token,
    label,
    values,
    tags,
    text,
  };
  Goal goal = Goal::next_token;
  bool reads_text = true;
  bool reads_features = false;
  bool reads_label = false;
};

inline bool writes_text(Task::Goal goal) noexcept {
  return goal == Task::Goal::next_token || goal == Task::Goal::text;
}

struct Batch {
  Tensor inputs{};
  Tensor targets{};
  Tensor previous{};
  Tensor features{};
  Tensor labels{};
  Tensor values{};
  std::vector<std::int32_t> lengths{};
  std::vector<std::int64_t> examples{};
};

struct ArchitectureContext {
  const Domain& domain;
  const ComponentFactory& factory;
  Parameters parameters;
};

struct Outcome {
  Var loss;
  double total = 0;
  std::int64_t counted = 0;
  std::int64_t correct = 0;
  double weight = 0;
  Tensor output;
};

using Carry = std::vector<Tensor>;

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual void reset() = 0;
  virtual void begin(const Batch& given);
  virtual std::span<const float> next(std::span<const TokenId> tokens) = 0;
  virtual void reorder(std::span<const std::int32_t> from);
};

class Architecture {
 public:
  virtual ~Architecture() = default;

  virtual Task task() const { return {}; }

  virtual Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) = 0;

  virtual std::unique_ptr<Decoder> decoder(std::int64_t sequences);

  virtual bool counts() const { return false; }
  virtual void count(const Batch& batch);

  virtual Archive save() const { return {}; }
  virtual void restore(const Archive& /*state*/) {}
};

}

#include <cstdint>
#include <string>
#include <vector>


namespace unroll {

struct ClassWeightOptions {
  std::string class_weights = "none";

  template <typename O>
  static void describe_all(Schema<O>& schema, const std::string& what) {
    schema
        .option("class_weights", &O::class_weights,
                "what " + what +
                    " counts in the loss that is trained on; balanced: every class as "
                    "much as any other, all / (classes * those of this class)")
        .choices({"none", "balanced"});
  }
  bool weighted() const { return class_weights != "none"; }
};

Tensor balanced_weights(const std::vector<std::int64_t>& counts, DType type);

void set_mean_loss(Outcome& outcome, const CrossEntropy& entropy, Var logits, const Tensor& targets,
                   const Tensor& weights);

}

#include <cstdint>



namespace unroll::init {

Initializer zeros();
Initializer constant(double value);
Initializer uniform(double low, double high);
Initializer normal(double mean, double deviation);
Initializer identity(double scale = 1);
Initializer glorot_uniform(std::int64_t parts = 1);
Initializer orthogonal(std::int64_t parts = 1);
Initializer zeros_but(std::int64_t begin, std::int64_t end, double value);

struct Scheme {
  std::string name = "default";
  double scale = 0.08;
};

Initializer input_weights(const Scheme& scheme, std::int64_t hidden, std::int64_t parts);
Initializer recurrent_weights(const Scheme& scheme, std::int64_t hidden, std::int64_t parts);
Initializer bias(const Scheme& scheme, std::int64_t hidden, std::int64_t begin = 0,
                 std::int64_t end = 0, double value = 0);

}

namespace unroll {

class TokenInput {
 public:
  TokenInput(std::int64_t vocabulary, std::int64_t embedding, bool tied, const init::Scheme& scheme,
             const Parameters& parameters, const char* axis = "vocabulary");

  std::int64_t vocabulary() const noexcept { return vocabulary_; }
  std::int64_t width() const noexcept { return table_ != nullptr ? width_ : vocabulary_; }
  Var operator()(Graph& graph, const Tensor& ids) const;
  Parameter* table() const noexcept { return table_; }

 private:
  std::int64_t vocabulary_, width_;
  DType type_;
  Parameter* table_ = nullptr;
};

class Readout {
 public:
  Readout(std::int64_t width, std::int64_t outputs, const init::Scheme& scheme,
          const Parameters& parameters, const char* axis = "vocabulary");
  Readout(std::int64_t width, Parameter* table, const init::Scheme& scheme,
          const Parameters& parameters);

  Var operator()(Var y) const;
  CrossEntropy loss(Var y, const Tensor& targets) const;
  const Parameter* weights() const noexcept { return weights_; }
  const Parameter* table() const noexcept { return table_; }
  const Parameter& bias() const noexcept { return *bias_; }

 private:
  Parameter* weights_ = nullptr;
  Parameter* table_ = nullptr;
  Parameter* bias_;
};

}

namespace unroll {

struct AnswerOptions : ClassWeightOptions {
  std::string predict = "auto";

  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("predict", &O::predict, "auto: what the data has")
        .choices({"auto", "label", "values"});
    ClassWeightOptions::describe_all(schema, "an example");
  }
};

class Answer {
 public:
  Answer(const AnswerOptions& options, const char* architecture, std::int64_t width,
         const Domain& domain, const init::Scheme& scheme, const Parameters& parameters);

  Task::Goal goal() const noexcept { return goal_; }
  Outcome operator()(Graph& graph, Var y, const Batch& batch) const;

 private:
  Task::Goal goal_;
  Readout readout_;
  Tensor class_weights_;
  Scaling scaling_;
};

}

#include <cstdint>
#include <span>
#include <string>


namespace unroll {

struct AttentionOptions {
  using Options = AttentionOptions;
  std::string score = "additive";
  std::int64_t units = 0;
  static void describe(Schema<AttentionOptions>& schema);
};

class Attention {
 public:
  struct Sizes {
    std::int64_t memory = 0, query = 0;
  };

  Attention(const AttentionOptions& options, const Sizes& sizes, const init::Scheme& initial,
            const Parameters& parameters);

  struct Memory {
    Var values;
    Var keys;
    Tensor lengths;
  };
  Memory remember(Var memory, std::span<const std::int32_t> lengths = {}) const;

  struct Focus {
    Var context;
    Var weights;
  };
  Focus attend(Var query, const Memory& memory) const;

 private:
  enum class Score : std::uint8_t { dot, general, additive };

  Sizes sizes_;
  Score score_;
  Parameter* W_ = nullptr;
  Parameter* U_ = nullptr;
  Parameter* v_ = nullptr;
};

}

#include <cstdint>
#include <string>
#include <vector>


namespace unroll {

class BadExamples {
 public:
  explicit BadExamples(const std::string& on_error) : skip_(on_error == "skip") {}

  void report(const std::string& message) {
    if (!skip_) fail(Failure::data, "{} (on_error: skip leaves such examples out)", message);
    if (count_++ == 0) first_ = message;
  }

  std::int64_t count() const noexcept { return count_; }

  void tell(std::vector<std::string>& notices) const {
    if (count_ > 0)
      notices.push_back("skipped " + std::to_string(count_) + " examples, the first: " + first_);
  }

 private:
  bool skip_;
  std::int64_t count_ = 0;
  std::string first_;
};

}

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace unroll {

namespace detail {
void chunks(std::string_view text, void (*take)(void*, std::string_view), void* context);
}

template <typename Function>
void for_each_chunk(std::string_view text, Function&& take) {
  using Plain = std::remove_reference_t<Function>;
  detail::chunks(
      text, [](void* context, std::string_view chunk) { (*static_cast<Plain*>(context))(chunk); },
      const_cast<void*>(static_cast<const void*>(&take)));
}

class BytePairs {
 public:
  BytePairs(std::int64_t longest, double coverage) : longest_(longest), coverage_(coverage) {}

  void read(std::string_view text);
  void read_chunk(std::string_view chunk, std::int64_t times);
  void begin();
  std::int64_t characters() const noexcept { return characters_; }
  void make(std::int64_t count);
  const std::vector<std::string>& pieces() const noexcept { return pieces_; }

 private:
  using Pair = std::pair<int, int>;
  struct Word {
    std::vector<int> pieces;
    std::int64_t count;
  };
  struct Neighbours {
    std::int64_t count = 0;
    std::set<std::size_t> words;
  };
  struct Ranked {
    std::int64_t count, length;
    std::string text;
    Pair pair;
    bool operator<(const Ranked& other) const;
  };

  void count_characters();
  int find_or_make(const std::string& text, std::int64_t length);
  std::int64_t length(Pair pair) const;
  Ranked rank(Pair pair, std::int64_t count) const;
  void add(Pair pair, std::int64_t times, std::size_t word);
  void merge(Pair pair, int into);

  std::int64_t longest_;
  double coverage_;
  std::map<std::string, std::int64_t, std::less<>> chunks_;
  std::vector<std::string> pieces_;
  std::vector<std::int64_t> lengths_;
  std::unordered_map<std::string, int> ids_;
  std::int64_t characters_ = 0;
  std::vector<Word> words_;
  std::map<Pair, Neighbours> pairs_;
  std::set<Ranked> ranked_;
};

}

#include <span>
#include <vector>


namespace unroll {

struct Candidate {
  double weight;
  TokenId id;
};

inline bool more_likely(const Candidate& a, const Candidate& b) {
  return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
}

TokenId likeliest(std::span<const float> logits);

void weigh(std::span<const float> logits, double temperature, std::vector<Candidate>& candidates);

double total_weight(std::span<const Candidate> candidates);

const Candidate& draw(std::span<const Candidate> candidates, RandomStream& random);

}

#include <cstdint>
#include <string>
#include <vector>


#include <concepts>
#include <new>
#include <stdexcept>
#include <string>


namespace unroll {

struct Origin {
  std::string kind, name, file;
};

class PluginError final : public Error {
 public:
  using Error::Error;
};

class BrokenContract final : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void rethrow_naming(const Origin& origin, const std::string& doing);

template <std::invocable Doing, std::invocable Function>
decltype(auto) guarded(const Origin& origin, const Doing& doing, const Function& function) {
  try {
    return function();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
    if (origin.kind.empty()) throw;
    rethrow_naming(origin, doing());
  }
}

}

namespace unroll {

struct CellSizes {
  std::int64_t input = 0;
  std::int64_t hidden = 0;
  init::Scheme initial{};
};

struct StatePart {
  std::string name;
  std::int64_t width;
};

using State = std::vector<Var>;

struct Unrolled {
  Var outputs;
  State last;
};

struct Gate {
  std::string name;
  Var values;
  double low = 0, high = 1;
};

class Cell {
 public:
  virtual ~Cell() = default;

  virtual std::vector<StatePart> state() const = 0;
  const std::vector<StatePart>& parts() const;
  std::int64_t output_width() const { return parts().front().width; }

  Var run_project(Var x);
  State run_step(Var projected, const State& state);
  std::vector<Gate> run_gates(Var projected, const State& state);
  Unrolled run_unroll(Var projected, const State& state);
  Unrolled run(Var x, const State& state);
  Unrolled run(Var x, const Packing& packing, const State& state);

  void comes_from(Origin origin) { origin_ = std::move(origin); }

 protected:
  virtual Var project(Var x) = 0;
  virtual State step(Var projected, const State& state) = 0;
  virtual std::vector<Gate> gates(Var projected, const State& state);
  virtual Unrolled unroll(Var projected, const State& state);
  Unrolled loop(Var projected, const State& state);

  bool owns_projected() const noexcept { return owns_projected_; }

 private:
  class Owning;
  enum class Lanes : std::uint8_t { untried, apart, together };

  Origin origin_;
  mutable std::vector<StatePart> parts_;
  bool owns_projected_ = false;
  Lanes lanes_ = Lanes::untried;
};

}


namespace unroll::init {

Initializer chrono_bias(const Scheme& scheme, std::int64_t hidden, std::int64_t longest,
                        std::int64_t keep, std::int64_t write = -1);

}

#include <filesystem>
#include <string>
#include <vector>

namespace unroll {

std::filesystem::path data_folder();

std::vector<std::filesystem::path> find_corpus(const std::string& name);

}

#include <cstdint>
#include <string_view>
#include <vector>


namespace unroll {

class RandomStream;

class DenseLayers {
 public:
  struct Options {
    std::vector<std::int64_t> hidden{};
    std::string_view activation;
    double dropout = 0;
  };

  DenseLayers(const Options& options, std::int64_t input, std::int64_t output,
              const Parameters& parameters);

  Var operator()(Var x, RandomStream* dropout) const;

 private:
  struct Layer {
    Parameter *W, *b;
  };
  bool relu_;
  double dropout_;
  std::vector<Layer> layers_;
};

}

#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>


namespace unroll {

class RandomStream;

struct EncoderSizes {
  std::vector<std::int64_t> input;
  std::int64_t output = 0;

  std::int64_t input_width() const {
    return std::accumulate(input.begin(), input.end(), std::int64_t{1}, std::multiplies<>());
  }
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual Var encode(Var features, RandomStream* dropout) = 0;

  virtual Archive save() const { return {}; }
  virtual void restore(const Archive& /*state*/) {}
};

}


#include <cstdint>

namespace unroll::kernels {

enum class Recurrent : std::uint8_t { rnn_tanh, rnn_relu, lstm, lstm_peephole, gru };

std::int64_t gates_of(Recurrent kind) noexcept;

struct RecurrentSequence {
  Recurrent kind{};
  std::int64_t steps = 0, batch = 0, hidden = 0;
  const float* U = nullptr;
  const float* extra = nullptr;
  const float* h0 = nullptr;
  const float* c0 = nullptr;
  const float* projected = nullptr;
  float* gates = nullptr;
  float* memory = nullptr;
  float* outputs = nullptr;
  const std::int32_t* ids = nullptr;
  std::int64_t classes = 0;
};

struct RecurrentGradients {
  const float* outputs = nullptr;
  const float* last_h = nullptr;
  float* carried = nullptr;
  float* h0 = nullptr;
  float* extra = nullptr;
  float* table = nullptr;
};

void recurrent_forward(const RecurrentSequence& sequence);
void recurrent_backward(const RecurrentSequence& sequence, const RecurrentGradients& gradients);
void recurrent_extra(const RecurrentSequence& sequence, float* extra);
void recurrent_weights(const RecurrentSequence& sequence, bool add, float* dU);

}

namespace unroll {

using FusedCell = kernels::Recurrent;

struct FusedWeights {
  Parameter* U = nullptr;
  Parameter* extra = nullptr;
};

inline bool fusable(Var projected) {
  return projected.dtype() == DType::f32;
}

Unrolled fused_unroll(FusedCell kind, Var projected, const State& state,
                      const FusedWeights& weights, bool overwrite);

struct FusedProjection {
  Parameter* W = nullptr;
  Parameter* b = nullptr;
};

Var fused_project(Var x, const FusedProjection& weights, bool owned);

Unrolled fused_unroll(FusedCell kind, Var projected, const State& state,
                      const FusedWeights& weights, const FusedProjection& input, bool owned);

State fused_step(FusedCell kind, Var projected, const State& state, const FusedWeights& weights);

}

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace unroll {

struct IdxFile {
  std::vector<std::int64_t> shape;
  std::string bytes;

  std::int64_t items() const { return shape.front(); }
  std::int64_t item_bytes() const;
};

IdxFile read_idx(const std::filesystem::path& path);

}


#include <functional>
#include <memory>
#include <span>
#include <vector>


namespace unroll {

struct RecurrenceOptions {
  std::int64_t hidden = 128;
  std::int64_t layers = 1;
  bool bidirectional = false;
  double dropout = 0.0;
  bool variational = false;
  bool residual = false;
  bool layer_norm = false;
};

using RecurrentState = std::vector<State>;

class Recurrence {
 public:
  using MakeCell = std::function<std::unique_ptr<Cell>(const CellSizes&, const Parameters&)>;

  Recurrence(const RecurrenceOptions& options, std::int64_t input_width,
             const init::Scheme& initial, const Parameters& parameters, const MakeCell& make_cell);
  ~Recurrence();

  struct Stacked {
    const Cell& cell;
    const Parameter* gain;
    const Parameter* bias;
  };
  std::vector<Stacked> stacked() const;
  const RecurrenceOptions& options() const noexcept { return options_; }

  std::int64_t output_width() const;
  RecurrentState zero_state(Graph& graph, std::int64_t batch) const;

  struct Result {
    Var outputs;
    RecurrentState last;
  };
  Result run(Var x, const RecurrentState& state, RandomStream* dropout,
             std::span<const std::int32_t> lengths = {});

  static std::vector<Tensor> values(const RecurrentState& state);
  RecurrentState from_values(Graph& graph, std::span<const Tensor> values) const;

 private:
  struct Layer;
  RecurrenceOptions options_;
  DType type_;
  std::vector<Layer> layers_;
};

}

namespace unroll {

class InitialState {
 public:
  InitialState(std::int64_t width, const Recurrence& recurrence, const init::Scheme& scheme,
               const Parameters& parameters);

  RecurrentState operator()(Var v) const;

 private:
  std::vector<std::vector<std::int64_t>> widths_;
  Parameter* W_;
  Parameter* b_;
};

}

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>


#include <cstddef>
#include <cstdint>
#include <vector>

namespace unroll {

class NgramTable {
 public:
  using Key = std::int64_t;

  void add(Key key) { added_.push_back(key); }
  void settle();
  void set(std::vector<Key> keys, std::vector<std::int64_t> counts);

  const std::vector<Key>& keys() const noexcept { return keys_; }
  const std::vector<std::int64_t>& counts() const noexcept { return counts_; }

  struct Range {
    std::size_t begin = 0, end = 0;
  };
  Range followers(Key context, std::int64_t vocabulary) const;

 private:
  std::vector<Key> added_, keys_;
  std::vector<std::int64_t> counts_;
};

}

namespace unroll {

enum class NgramSmoothing { witten_bell, kneser_ney };

class NgramModel {
 public:
  NgramModel(std::size_t order, std::int64_t vocabulary, NgramSmoothing smoothing);

  std::size_t order() const noexcept { return tables_.size() - 1; }

  void count(std::span<const TokenId> context, TokenId next);

  void distribution(std::span<const TokenId> context, std::vector<double>& p) const;

  Archive save() const;
  void restore(const Archive& state);

 private:
  using Key = NgramTable::Key;
  struct KneserNey {
    std::vector<std::int64_t> counts;
    std::array<double, 4> discount{};
  };

  void settle() const;
  std::vector<std::int64_t> continuations(std::size_t k) const;
  bool interpolate(std::size_t k, Key context, std::vector<double>& p) const;

  std::int64_t vocabulary_;
  NgramSmoothing smoothing_;
  mutable std::vector<NgramTable> tables_;
  mutable std::vector<KneserNey> kneser_ney_;
  mutable std::vector<double> without_context_;
  mutable bool settled_ = false;
};

}

#include <filesystem>
#include <string>
#include <string_view>


namespace unroll {

Array read_npy(const std::filesystem::path& path);
Array npy_from_bytes(std::string_view content, const std::string& file);

}

#include <optional>


namespace unroll {

struct CellWeights {
  FusedCell kind;
  const Parameter* W = nullptr;
  const Parameter* U = nullptr;
  const Parameter* b = nullptr;
  const Parameter* extra = nullptr;
};

class PackableCell {
 public:
  virtual ~PackableCell();
  virtual std::optional<CellWeights> cell_weights() const = 0;
};

}

#include <cstdint>
#include <memory>


#include <cstdint>
#include <string_view>


namespace unroll {

enum class WeightFormat : std::uint8_t {
  f32,
  bf16,
  int8,
};

std::string_view name_of(WeightFormat format) noexcept;
WeightFormat weight_format(std::string_view name) noexcept;

class PackedMatrix {
 public:
  static constexpr std::int64_t kBlock = 16;
  static constexpr std::int64_t kBlocks = 4;

  PackedMatrix() = default;
  static PackedMatrix gates(const float* M, std::int64_t K, std::int64_t gates, std::int64_t H,
                            WeightFormat format);
  static PackedMatrix columns(const float* M, std::int64_t K, std::int64_t N, std::int64_t row,
                              std::int64_t column, WeightFormat format);

  bool defined() const noexcept { return data_.defined(); }
  WeightFormat format() const noexcept { return format_; }
  std::int64_t depth() const noexcept { return depth_; }
  std::int64_t width() const noexcept { return blocks_ * kBlock; }
  std::int64_t panels() const noexcept { return (blocks_ + per_panel_ - 1) / per_panel_; }
  int blocks(std::int64_t panel) const noexcept {
    const std::int64_t left = blocks_ - panel * per_panel_;
    return static_cast<int>(left < per_panel_ ? left : per_panel_);
  }
  const std::byte* panel(std::int64_t panel) const noexcept {
    return static_cast<const std::byte*>(data_.raw()) + panel * per_panel_ * block_bytes();
  }
  const float* scales(std::int64_t panel) const {
    return scales_.data<float>() + panel * per_panel_ * kBlock;
  }
  std::int64_t bytes() const noexcept { return blocks_ * block_bytes(); }

 private:
  template <typename Element>
  static PackedMatrix make(std::int64_t K, std::int64_t blocks, std::int64_t per_panel,
                           WeightFormat format, const Element& element);
  std::int64_t block_bytes() const noexcept;

  WeightFormat format_{};
  std::int64_t depth_ = 0, blocks_ = 0, per_panel_ = 1;
  Tensor data_;
  Tensor scales_;
};

class QuantisedRows {
 public:
  void take(const float* x, std::int64_t rows, std::int64_t width);
  const std::int16_t* row(std::int64_t index) const noexcept {
    return static_cast<const std::int16_t*>(data_.raw()) + index * width_;
  }
  float scale(std::int64_t index) const { return scales_.data<float>()[index]; }

 private:
  std::int64_t width_ = 0;
  Tensor data_, scales_;
};

}

namespace unroll {

class WeightFormatChoice {
 public:
  virtual ~WeightFormatChoice();
  virtual bool use_format(WeightFormat format) = 0;
};

std::unique_ptr<Decoder> packed_decoder(const TokenInput& input, const Recurrence& recurrence,
                                        const Readout& readout, std::int64_t sequences);

}

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace unroll {

struct Picture {
  std::vector<std::int64_t> shape;
  std::string bytes;
};

Picture read_picture(const std::filesystem::path& path);

bool is_picture_name(const std::filesystem::path& path);

std::vector<std::filesystem::path> find_pictures(const std::string& folder_or_pattern);

}

#include <string>
#include <vector>


#include <filesystem>
#include <string>
#include <string_view>
#include <vector>


namespace unroll {

struct Record {
  std::vector<std::string> cells;
  std::string origin;
  std::size_t row = 0;
};

struct RecordFormat {
  std::string format = "auto";
  bool header = false;
};

std::vector<Record> read_records(const std::filesystem::path& path, const RecordFormat& format,
                                 const std::vector<std::string>& columns, BadExamples& bad);

std::vector<Example> read_texts(const std::string& pattern, const RecordFormat& format,
                                const std::string& column, BadExamples& bad);

}

#include <cstdint>
#include <optional>
#include <string>
#include <vector>


namespace unroll {

struct SplitOptions {
  double validation = 0.1;
  double test = 0.0;
  std::string split = "shuffled";
  std::uint64_t split_seed = 1;
  std::int64_t limit = 0;

  SplitOptions();

  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("validation", &O::validation, "share of the examples kept for validation")
        .range(0, 0.9);
    schema.option("test", &O::test, "share of the examples kept for the test at the end")
        .range(0, 0.9);
    schema
        .option(
            "split", &O::split,
            "shuffled: at random by split_seed; in_order: the last ones; hash: by what an "
            "example holds, so that new examples move no other; group: all of a group together; "
            "column: the group column says train, validation or test, others are left out")
        .choices({"shuffled", "in_order", "hash", "group", "column"});
    schema.option("split_seed", &O::split_seed, "of the shuffled and the group split");
    schema.option("limit", &O::limit, "take only so many examples, before they are split; 0: all")
        .at_least(0);
  }
};

struct Grouped {
  Example example;
  std::string group{};
};

struct SplitFiles {
  std::optional<std::vector<Grouped>> validation{}, test{};
};

Splits divide(std::vector<Grouped> examples, const Fields& fields, SplitOptions options,
              SplitFiles files = {});

std::vector<Example> ungrouped(std::vector<Grouped> examples);

}

namespace unroll {

struct RecordFileOptions : SplitOptions {
  std::vector<std::string> corpus;
  std::vector<std::string> files;
  std::string format = "auto";
  bool header = false;
  std::string group;
  std::string on_error = "fail";

  RecordFormat record_format() const { return {format, header}; }

  template <typename O>
  static void describe_files(Schema<O>& schema, const std::string& sets,
                             std::vector<std::string> forms = {"auto", "tsv", "csv", "jsonl"}) {
    schema.option("corpus", &O::corpus, sets);
    schema.option("files", &O::files, "paths of other files; * and ? in a file's name");
    schema.option("format", &O::format, "auto: by the file's name, else tsv")
        .choices(std::move(forms));
    schema.option("header", &O::header, "the first row of TSV and CSV names the columns");
  }

  template <typename O>
  static void describe_rows(Schema<O>& schema) {
    schema.option("group", &O::group,
                  "column that keeps rows together (split: group) or names their split "
                  "(split: column)");
    SplitOptions::describe_all(schema);
    schema.option("on_error", &O::on_error, "a row that cannot be used: fail, or skip and count")
        .choices({"fail", "skip"});
  }
};

}

#include <cstdint>
#include <memory>
#include <string>


namespace unroll {

struct InitialOptions {
  using Options = InitialOptions;
  std::string scheme = "default";
  double scale = 0.08;

  InitialOptions();
  static void describe(Schema<InitialOptions>& schema);

  init::Scheme as_scheme() const { return {scheme, scale}; }
};

struct RecurrentOptions {
  PluginChoice cell{"lstm", {}, {}};
  std::int64_t hidden = 128;
  std::int64_t layers = 1;
  double dropout = 0;
  bool variational = false;
  bool residual = false;
  bool layer_norm = false;
  InitialOptions initial;

  RecurrentOptions();

  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("cell", &O::cell, "what is unrolled").kind("cell");
    schema.option("hidden", &O::hidden, "units of each layer, H").range(1, 65536);
    schema.option("layers", &O::layers, "stacked cells").range(1, 64);
    schema.option("dropout", &O::dropout, "between layers (Zaremba 2014, arXiv 1409.2329)")
        .range(0, 0.95);
    schema.option("variational", &O::variational, "one mask a window (Gal 2016, arXiv 1512.05287)");
    schema.option("residual", &O::residual, "add each layer's input to its output");
    schema.option("layer_norm", &O::layer_norm, "normalise each layer's output");
    schema.option("initial", &O::initial, "how weights begin");
  }

  std::unique_ptr<Recurrence> make(std::int64_t input_width, bool bidirectional,
                                   const ComponentFactory& factory,
                                   const Parameters& parameters) const;
};

}

#include <filesystem>
#include <string>
#include <vector>


namespace unroll {

struct RowTableOptions : SplitOptions {
  std::string table;
  bool header = false;
  std::string text, label, group;

  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("table", &O::table, "TSV or CSV file, a row an item: a path, or corpus/file");
    schema.option("header", &O::header, "the table's first row names its columns");
    schema.option("text", &O::text, "column of the table that is the text; empty: no texts");
    schema.option("label", &O::label, "column of the table that is the class; empty: none");
    schema.option("group", &O::group,
                  "column that keeps items together (split: group) or names their split "
                  "(split: column)");
    SplitOptions::describe_all(schema);
  }
};

struct Items {
  std::vector<Grouped> examples;
  std::vector<bool> unusable;
  Fields fields;

  explicit Items(std::size_t count) : examples(count), unusable(count, false) {}
  std::size_t size() const noexcept { return examples.size(); }
  void leave_out(std::size_t item, const std::string& message, BadExamples& bad);
  void expect(std::size_t count, const std::string& file, const char* what) const;
  std::vector<Grouped> usable();
};

void add_row_table(Items& items, const RowTableOptions& options, const std::filesystem::path& path,
                   BadExamples& bad);

void add_numbered_labels(Items& items, const std::vector<std::int64_t>& numbers,
                         const std::vector<std::string>& class_names, const std::string& file,
                         BadExamples& bad);

std::filesystem::path find_one_file(const std::string& name);

}

#include <span>


namespace unroll {

class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual void begin() {}
  virtual TokenId choose(std::span<const float> logits, RandomStream& random) = 0;

  virtual std::int64_t width() const { return 1; }
  virtual double worth(double log_probability, std::int64_t /*tokens*/) const {
    return log_probability;
  }
};

}

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>


namespace unroll {

struct SyntheticOptions {
  std::int64_t train = 10000;
  std::int64_t validation = 1000;
  std::int64_t test = 0;
  std::uint64_t data_seed = 1;

  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("train", &O::train, "training examples").range(1, 10'000'000);
    schema.option("validation", &O::validation, "validation examples").range(0, 10'000'000);
    schema.option("test", &O::test, "test examples").range(0, 10'000'000);
    schema.option("data_seed", &O::data_seed, "of the examples");
  }
};

using MakeExample = std::function<Example(RandomStream& random, const std::string& split)>;

inline Splits make_splits(const SyntheticOptions& options, const Fields& fields,
                          const MakeExample& make) {
  Splits splits;
  splits.fields = fields;
  splits.split_name = "made from seed " + std::to_string(options.data_seed);
  std::unordered_set<std::string> taken;
  const auto fill = [&](std::vector<Example>& split, const std::string& name, std::int64_t count) {
    RandomStream random(options.data_seed, "data/" + name);
    std::unordered_set<std::string> own;
    constexpr int kTries = 1000;
    for (std::int64_t i = 0; i < count; ++i)
      for (int tries = 0;; ++tries) {
        if (tries == kTries)
          fail(Failure::usage,
               "data: there are too few different examples for {} splits that share none; make "
               "them longer, or fewer",
               name);
        Example example = make(random, name);
        if (!example.text.empty() && taken.contains(example.text)) continue;
        if (!example.text.empty()) own.insert(example.text);
        example.origin = name + " example " + std::to_string(i + 1);
        split.push_back(std::move(example));
        break;
      }
    taken.merge(own);
  };
  fill(splits.test, "test", options.test);
  fill(splits.validation, "validation", options.validation);
  fill(splits.train, "train", options.train);
  return splits;
}

}

#include <functional>
#include <memory>
#include <optional>
#include <string>


namespace unroll {

struct TextDecoderOptions : RecurrentOptions {
  std::int64_t embedding = 128;
  bool tied = false;
  double input_dropout = 0;
  double output_dropout = 0;
  std::int64_t output_width = 0;
  double teacher_forcing = 1;
  double label_smoothing = 0;

  template <typename O>
  static void describe_all(Schema<O>& schema) {
    RecurrentOptions::describe_all(schema);
    schema.option("embedding", &O::embedding, "learnt width of a token, E; 0: one-hot")
        .range(0, 65536);
    schema.option("tied", &O::tied,
                  "the output shares the embedding of what is written (needs output_width = E, or "
                  "E = H)");
    schema.option("input_dropout", &O::input_dropout, "of the embeddings").range(0, 0.95);
    schema.option("output_dropout", &O::output_dropout, "before the output").range(0, 0.95);
    schema
        .option("output_width", &O::output_width,
                "a tanh layer of this width before the logits; 0: none")
        .range(0, 65536);
    schema
        .option("teacher_forcing", &O::teacher_forcing,
                "share of training steps whose input is the true token rather than the model's own "
                "(scheduled sampling, Bengio et al. 2015, arXiv 1506.03099)")
        .range(0, 1);
    schema
        .option("label_smoothing", &O::label_smoothing,
                "part of a target that is spread over all tokens (Szegedy 2016, arXiv 1512.00567)")
        .range(0, 0.9);
  }
};

struct AttentionUse {
  AttentionOptions options;
  bool before = true;
  bool input_feeding = false;
};

class TextDecoder {
 public:
  struct Given {
    RecurrentState state;
    Var context;
    std::optional<Attention::Memory> memory;
  };
  struct Sizes {
    std::int64_t vocabulary = 0;
    std::int64_t context = 0;
    std::int64_t memory = 0;
    const char* axis = "vocabulary";
  };

  TextDecoder(const TextDecoderOptions& options, const Sizes& sizes,
              const std::optional<AttentionUse>& attention, const ComponentFactory& factory,
              const Parameters& parameters);

  const Recurrence& recurrence() const noexcept { return *recurrence_; }
  Attention::Memory remember(Var memory, std::span<const std::int32_t> lengths) const;

  Outcome run(Graph& graph, const Given& given, const Batch& batch, RandomStream* dropout) const;

  using Give = std::function<Given(Graph& graph, const Batch& batch)>;
  std::unique_ptr<Decoder> decoder(std::int64_t sequences, Give give) const;

 private:
  class Steps;
  struct Running {
    RecurrentState state;
    Var fed;
  };

  Var step(const Given& given, Running& running, Var token, RandomStream* dropout) const;
  Var all_steps(const Given& given, Var tokens, RandomStream* dropout) const;
  Var before_readout(Var state, Var seen, Var token, RandomStream* dropout) const;
  Var step_by_step(Graph& graph, const Given& given, const Tensor& previous,
                   RandomStream* dropout) const;
  Running begin(Graph& graph, const Given& given, std::int64_t lanes) const;
  bool looks_before() const { return attention_ && use_.before; }
  bool feeds() const { return attention_ && use_.input_feeding && !use_.before; }

  TextDecoderOptions options_;
  Sizes sizes_;
  AttentionUse use_;
  DType type_;
  std::int64_t width_ = 0;
  TokenInput input_;
  std::unique_ptr<Recurrence> recurrence_;
  std::unique_ptr<Attention> attention_;
  Parameter* output_W_ = nullptr;
  Parameter* output_b_ = nullptr;
  std::unique_ptr<Readout> readout_;
};

}

#include <filesystem>
#include <string>
#include <vector>

namespace unroll {

std::vector<std::filesystem::path> find_files(const std::string& pattern);

std::string read_text(const std::filesystem::path& path);

std::vector<std::filesystem::path> find_data(const std::vector<std::string>& corpus,
                                             const std::vector<std::string>& files,
                                             const char* dataset);

}

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace unroll {

class PiecewiseTokenizer {
 public:
  virtual ~PiecewiseTokenizer();

  virtual std::size_t cut_from(std::string_view text, std::size_t at) const = 0;
};

std::size_t code_point_from(std::string_view text, std::size_t at) noexcept;
std::size_t line_from(std::string_view text, std::size_t at) noexcept;

std::vector<std::string_view> cut_into_pieces(std::span<const std::string_view> texts,
                                              const PiecewiseTokenizer& tokenizer,
                                              std::size_t bytes);

std::size_t piece_shares();

void for_each_piece(std::size_t count,
                    const std::function<void(std::size_t share, std::size_t index)>& take);

template <typename Found, typename Read>
std::vector<Found> read_pieces(std::span<const std::string_view> texts,
                               const PiecewiseTokenizer& tokenizer, const Found& nothing,
                               Read&& read) {
  constexpr std::size_t kBytes = std::size_t{1} << 18;
  const std::vector<std::string_view> pieces = cut_into_pieces(texts, tokenizer, kBytes);
  std::vector<Found> shares(piece_shares(), nothing);
  for_each_piece(pieces.size(),
                 [&](std::size_t share, std::size_t index) { read(shares[share], pieces[index]); });
  return shares;
}

}

#include <cstddef>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>


#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

namespace unroll {

class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedFile();

  std::string_view bytes() const noexcept { return {data_, size_}; }
  void release(std::string_view part) const noexcept;

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}

namespace unroll {

class TextStore {
 public:
  std::string_view open(const std::filesystem::path& path);
  std::string_view keep(std::string text);
  void release(std::string_view part) const noexcept;

  static constexpr std::size_t kMapped = std::size_t{32} << 20;

 private:
  std::deque<MappedFile> files_;
  std::deque<std::string> texts_;
};

struct StreamSplits {
  std::shared_ptr<const TextStore> store;
  std::vector<std::string_view> train, validation, test;
  Fields fields;
  std::string split_name;
  std::vector<DataFile> files;
  std::vector<std::string> notices;
};

class StreamDataset {
 public:
  virtual ~StreamDataset();
  virtual std::optional<StreamSplits> open() = 0;
};

}

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace unroll {

class TokenCounts {
 public:
  struct Entry {
    std::string_view token;
    std::int64_t count;
    std::size_t hash;
  };

  TokenCounts() = default;
  TokenCounts(const TokenCounts& other);
  TokenCounts(TokenCounts&&) noexcept = default;
  TokenCounts& operator=(TokenCounts other) noexcept;
  ~TokenCounts() = default;

  void add(std::string_view token, std::int64_t count = 1);
  void add(const TokenCounts& others);
  const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  std::string_view keep(std::string_view token);
  void grow();

  std::vector<std::uint32_t> slots_;
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t left_ = 0;
  std::size_t block_ = 0;
};

TokenCounts sum_of(std::vector<TokenCounts> shares);

}

#include <span>
#include <string>
#include <string_view>
#include <vector>


namespace unroll {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual std::vector<std::string> cut(std::string_view text) const = 0;
  virtual std::string join(std::span<const std::string> tokens) const = 0;
  virtual bool lossless() const = 0;
  virtual Vocabulary learn(std::span<const std::string_view> texts, SpecialTokens wanted) const = 0;
  virtual std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const;

  std::string decode(std::span<const TokenId> ids, const Vocabulary& vocabulary) const;
};

}


namespace unroll {

void refuse_unknown_labels(Splits& splits, BadExamples& bad);

}


#include <concepts>
#include <cstdint>
#include <memory>


#include <string>
#include <string_view>
#include <utility>
#include <vector>

#define UNROLL_FRAMEWORK_VERSION "0.1.0"
#define UNROLL_PLUGIN_ABI 1

#define UNROLL_TEXT_OF_(x) #x
#define UNROLL_TEXT_OF(x) UNROLL_TEXT_OF_(x)

#if defined(__clang__)
#define UNROLL_COMPILER "clang " UNROLL_TEXT_OF(__clang_major__)
#elif defined(__GNUC__)
#define UNROLL_COMPILER "gcc " UNROLL_TEXT_OF(__GNUC__)
#else
#error "Unroll is built with g++ or clang++"
#endif

#if defined(_GLIBCXX_USE_CXX11_ABI)
#define UNROLL_CXX11_ABI UNROLL_TEXT_OF(_GLIBCXX_USE_CXX11_ABI)
#else
#define UNROLL_CXX11_ABI "other standard library"
#endif

#if defined(_GLIBCXX_DEBUG)
#define UNROLL_GLIBCXX_DEBUG "1"
#else
#define UNROLL_GLIBCXX_DEBUG "0"
#endif

#if defined(__has_feature)
#define UNROLL_HAS_FEATURE(x) __has_feature(x)
#else
#define UNROLL_HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || UNROLL_HAS_FEATURE(address_sanitizer)
#define UNROLL_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__) || UNROLL_HAS_FEATURE(thread_sanitizer)
#define UNROLL_SANITIZER "thread"
#else
#define UNROLL_SANITIZER "none"
#endif

#define UNROLL_MANIFEST_SECTION "unroll_manifest"
#define UNROLL_MANIFEST_TEXT(kind, name, version)                                                \
  "unroll-plugin\nkind: " kind "\nname: " name "\nversion: " version "\nabi: " UNROLL_TEXT_OF(   \
      UNROLL_PLUGIN_ABI) "\nframework: " UNROLL_FRAMEWORK_VERSION "\ncompiler: " UNROLL_COMPILER \
                         "\nstandard: " UNROLL_TEXT_OF(                                          \
                             __cplusplus) "\ncxx11_abi: " UNROLL_CXX11_ABI                       \
                                          "\nglibcxx_debug: " UNROLL_GLIBCXX_DEBUG               \
                                          "\nsanitizer: " UNROLL_SANITIZER "\n"

namespace unroll {

inline constexpr std::string_view kPluginKinds[] = {
    "cell", "architecture", "tokenizer", "sampler", "encoder", "dataset", "optimizer"};

struct Manifest {
  std::string kind, name, version, abi;
  std::vector<std::pair<std::string, std::string>> build;
};

Manifest parse_manifest(std::string_view text);

const Manifest& host_manifest();

std::string mismatch(const Manifest& plugin);

}

namespace unroll {

struct PluginEntry {
  int abi;
  const char* kind;
  const char* name;
  Description (*describe)();
  Node (*resolve)(const Node& options, ReadContext& context);
};

template <typename Kind>
struct PluginEntryOf : PluginEntry {
  typename Kind::Make* make;
};

namespace kinds {

struct cell {
  using Interface = Cell;
  using Make = std::unique_ptr<Cell>(const Node&, const CellSizes&, const Parameters&);
};
struct architecture {
  using Interface = Architecture;
  using Make = std::unique_ptr<Architecture>(const Node&, const ArchitectureContext&);
};
struct tokenizer {
  using Interface = Tokenizer;
  using Make = std::unique_ptr<Tokenizer>(const Node&);
};
struct sampler {
  using Interface = Sampler;
  using Make = std::unique_ptr<Sampler>(const Node&);
};
struct encoder {
  using Interface = Encoder;
  using Make = std::unique_ptr<Encoder>(const Node&, const EncoderSizes&, const Parameters&);
};
struct dataset {
  using Interface = Dataset;
  using Make = std::unique_ptr<Dataset>(const Node&);
};
struct optimizer {
  using Interface = Optimizer;
  using Make = std::unique_ptr<Optimizer>(const Node&);
};

}

namespace detail {

template <typename Class, typename Interface, typename Make>
struct PluginFunctions;

template <typename Class, typename Interface, typename... Args>
struct PluginFunctions<Class, Interface, std::unique_ptr<Interface>(const Node&, Args...)> {
  using Options = typename Class::Options;
  static_assert(std::derived_from<Class, Interface>,
                "the class must derive publicly from the interface of its kind");
  static_assert(std::constructible_from<Class, const Options&, Args...>,
                "the class lacks the constructor that the header of its kind documents");

  static Description describe() { return schema_of<Class>().description(); }

  static Node resolve(const Node& options, ReadContext& context) {
    const Schema<Options> schema = schema_of<Class>();
    return schema.write(schema.read(options, context));
  }

  static std::unique_ptr<Interface> make(const Node& options, Args... args) {
    Problems problems;
    ReadContext context{problems};
    const Options read = schema_of<Class>().read(options, context);
    problems.throw_if_any();
    return std::make_unique<Class>(read, args...);
  }
};

template <typename Kind, typename Class>
constexpr PluginEntryOf<Kind> plugin_entry(const char* kind, const char* name) {
  using Functions = PluginFunctions<Class, typename Kind::Interface, typename Kind::Make>;
  return {{UNROLL_PLUGIN_ABI, kind, name, &Functions::describe, &Functions::resolve},
          &Functions::make};
}

}
}

#define UNROLL_PLUGIN(kind, name, version, Class)                                        \
  [[gnu::used, gnu::retain,                                                              \
    gnu::section(UNROLL_MANIFEST_SECTION)]] static const char unroll_manifest_text[] =   \
      UNROLL_MANIFEST_TEXT(#kind, name, version);                                        \
  extern "C" [[gnu::visibility("default")]] const unroll::PluginEntry* unroll_plugin() { \
    static constexpr auto entry =                                                        \
        unroll::detail::plugin_entry<unroll::kinds::kind, Class>(#kind, name);           \
    return &entry;                                                                       \
  }

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>


namespace unroll {

class Hdf5File {
 public:
  static Hdf5File open(const std::filesystem::path& path);
  static Hdf5File create(std::string name, std::uint64_t user_block = 0, std::uint64_t content = 0);

  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&& other) noexcept;
  ~Hdf5File();

  bool has(std::string_view path) const;
  Array read(std::string_view path) const;
  Archive read_all(std::string_view group = {}) const;
  Archive attributes(std::string_view path = {}) const;
  std::vector<std::string> children(std::string_view group) const;

  void write(std::string_view path, const Array& array, bool extendible = false);
  void write_all(std::string_view group, const Archive& archive);
  void write_attributes(std::string_view path, const Archive& attributes);

  std::string bytes() const;

 private:
  Hdf5File(std::int64_t id, std::string name, std::uint64_t user_block, std::uint64_t size);
  std::int64_t open_object(std::string_view path) const;
  void make_group(std::string_view path);
  void collect(std::int64_t group, const std::string& prefix, int depth, std::size_t& seen,
               Archive& found) const;
  void close() noexcept;

  std::int64_t id_ = -1;
  std::string name_;
  std::uint64_t user_block_ = 0;
  std::uint64_t size_ = 0;
};

Archive read_hdf5(const std::filesystem::path& path);
Array read_hdf5(const std::filesystem::path& path, std::string_view dataset);

std::vector<float> as_floats(const Array& array);
std::vector<double> as_doubles(const Array& array);
std::vector<std::int64_t> as_integers(const Array& array);

}
