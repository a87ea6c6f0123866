#include <unroll/autodiff/ops_lanes.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

// Products of fewer rows take as long as those of so many.
constexpr std::int64_t kLeastLanes = 16;

// The memory of whole steps [.., N, width]; threads use it without counting its owners.
struct Whole {
  explicit Whole(const Tensor& tensor)
      : memory(static_cast<std::byte*>(tensor.raw())),
        N(tensor.dim(-2)),
        width(tensor.dim(-1)),
        type(tensor.dtype()) {}

  // Lanes begin … end-1 of step t.
  Tensor lanes(std::int64_t t, std::int64_t begin, std::int64_t end) const {
    const std::int64_t at = (t * N + begin) * width * size_of(type);
    return Tensor::borrow(memory + at, {end - begin, width}, type);
  }

  std::byte* memory;
  std::int64_t N, width;
  DType type;
};

void add(const Tensor& from, Tensor to) {
  detail::with_floating(to.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::add(to.size(), from.data<T>(), to.data<T>(), to.data<T>());
  });
}

// Some of the lanes, and the tape where their steps are.
struct Share {
  std::int64_t begin, end;
  std::unique_ptr<Graph> tape;
  Var all;                                         // what everything that came out was put into
  std::vector<Var> state;                          // the leaves that it began with
  std::vector<char> came_back;                     // for each step: a gradient of x did
  std::vector<Tensor> state_gradients, gradients;  // of the leaves, of the parameters
  std::exception_ptr failure;
};

// What is inside the one operation.
class Loop {
 public:
  Loop(Graph& graph, Var x, std::span<const Var> state)
      : graph_(graph),
        x_(x.value()),
        needs_x_(graph.needs_gradient(x)),
        outputs_(Tensor::empty({x.dim(0), x.dim(1), state[0].dim(1)}, x.dtype())) {
    for (const Var& part : state) {
      state_.push_back(part.value());
      needs_state_.push_back(graph.needs_gradient(part));
      last_.push_back(Tensor::empty(part.shape(), part.dtype()));
    }
    const std::int64_t N = x.dim(1), count = std::max<std::int64_t>(1, lane_shares(N));
    for (std::int64_t s = 0; s < count; ++s) {
      Share& share = shares_.emplace_back();
      share.begin = N * s / count;
      share.end = N * (s + 1) / count;
      share.tape = graph.take_share();
    }
  }
  ~Loop() {
    for (Share& share : shares_) graph_.give_share(std::move(share.tape));
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void forward(const LaneStep& step) {
    in_parallel([&](Share& share) {
      record(share, step);
      if (!graph_.recording()) share.tape->clear();
    });
    for (const Share& share : shares_)
      for (Parameter* parameter : share.tape->used_parameters())
        if (std::ranges::find(parameters_, parameter) == parameters_.end())
          parameters_.push_back(parameter);
  }

  // Of the operation: its outputs, and its operands after x and the state.
  std::vector<Tensor> values() const {
    std::vector<Tensor> values{outputs_};
    values.insert(values.end(), last_.begin(), last_.end());
    return values;
  }
  std::span<Parameter* const> parameters() const { return parameters_; }

  void backward(Backward& back) {
    const auto parts = static_cast<int>(state_.size());
    doutputs_ = back.output_gradient(0);
    for (int i = 0; i < parts; ++i) dlast_.push_back(back.output_gradient(1 + i));
    if (needs_x_) dx_ = back.input_gradient(0, fresh_);
    in_parallel([&](Share& share) { run_back(share); });
    if (needs_x_ && fresh_) clear_where_nothing_came();
    for (int i = 0; i < parts; ++i)
      if (back.wants(1 + i)) back.pass(1 + i, whole_state_gradient(static_cast<std::size_t>(i)));
    for (std::size_t k = 0; k < parameters_.size(); ++k)
      for (const Share& share : shares_)
        if (share.gradients[k].defined())
          back.pass(1 + parts + static_cast<int>(k), share.gradients[k]);
  }

 private:
  template <typename Function>
  void in_parallel(Function f) {
    parallel_for(std::ssize(shares_), [&](std::int64_t index) {
      Share& share = shares_[static_cast<std::size_t>(index)];
      try {
        f(share);
      } catch (...) {
        share.failure = std::current_exception();
      }
    });
    for (const Share& share : shares_)
      if (share.failure) std::rethrow_exception(share.failure);
  }

  void record(Share& share, const LaneStep& step) {
    Graph& tape = *share.tape;
    const Var anchor = tape.input(Tensor::zeros({1}, x_.dtype()));
    for (std::size_t i = 0; i < state_.size(); ++i) {
      Tensor lanes = Whole(state_[i]).lanes(0, share.begin, share.end);
      share.state.push_back(needs_state_[i] ? tape.input(lanes) : tape.constant(lanes));
    }
    const std::int64_t steps = x_.dim(0);
    share.came_back.assign(static_cast<std::size_t>(steps), 0);
    const Whole x(x_), outputs(outputs_);
    std::vector<Var> state = share.state, out;
    std::int32_t earlier = tape.size();  // where the step before began
    out.reserve(static_cast<std::size_t>(steps) + state.size());
    for (std::int64_t t = 0; t < steps; ++t) {
      const std::int32_t begin = tape.size();
      Tensor lanes = x.lanes(t, share.begin, share.end);
      const Var now = needs_x_ ? tape.emit(std::move(lanes), {anchor},
                                           [this, &share, t](Backward& back) {
                                             take_gradient(share, t, back.output_gradient());
                                           })
                               : tape.constant(std::move(lanes));
      std::vector<Var> next = step(now, state);
      check(state, next);
      state = std::move(next);
      outputs.lanes(t, share.begin, share.end).copy_from(state[0].value());
      // What arrives from outside is added after what comes back through the next step, in place.
      out.push_back(tape.emit(Tensor::borrow(nullptr, state[0].shape(), state[0].dtype()),
                              {state[0]},
                              [](Backward& back) { back.pass(0, back.output_gradient()); }));
      tape.drop_values(earlier, state);
      earlier = begin;
    }
    for (std::size_t i = 0; i < state.size(); ++i) {
      Whole(last_[i]).lanes(0, share.begin, share.end).copy_from(state[i].value());
      out.push_back(state[i]);
    }
    share.all = tape.emit(Tensor::zeros({1}, x_.dtype()), out,
                          [this, &share](Backward& back) { give_gradients(share, back); });
  }

  static void check(const std::vector<Var>& before, const std::vector<Var>& after) {
    if (after.size() != before.size())
      throw std::invalid_argument(fmt::format(
          "loop_over_lanes: a state of {} parts became one of {}", before.size(), after.size()));
    for (std::size_t i = 0; i < after.size(); ++i)
      if (after[i].shape() != before[i].shape())
        detail::misfit("loop_over_lanes", before[i].shape(), after[i].shape());
  }

  void run_back(Share& share) {
    Graph& tape = *share.tape;
    tape.backward(share.all);
    for (std::size_t i = 0; i < state_.size(); ++i)
      share.state_gradients.push_back(needs_state_[i] ? tape.gradient(share.state[i]) : Tensor{});
    for (Parameter* parameter : parameters_)
      share.gradients.push_back(tape.share_gradient(*parameter));
    tape.clear();
  }

  // From outside into the share.
  void give_gradients(const Share& share, Backward& back) const {
    const auto steps = static_cast<int>(x_.dim(0));
    if (doutputs_.defined())
      for (int t = 0; t < steps; ++t)
        back.pass(t, Whole(doutputs_).lanes(t, share.begin, share.end));
    for (std::size_t i = 0; i < dlast_.size(); ++i)
      if (dlast_[i].defined())
        back.pass(steps + static_cast<int>(i), Whole(dlast_[i]).lanes(0, share.begin, share.end));
  }

  // From the share to x, a step at a time.
  void take_gradient(Share& share, std::int64_t t, const Tensor& gradient) const {
    Tensor to = Whole(dx_).lanes(t, share.begin, share.end);
    if (fresh_)
      to.copy_from(gradient);
    else
      add(gradient, to);
    share.came_back[static_cast<std::size_t>(t)] = 1;
  }

  void clear_where_nothing_came() {
    for (const Share& share : shares_)
      for (std::int64_t t = 0; t < x_.dim(0); ++t)
        if (share.came_back[static_cast<std::size_t>(t)] == 0)
          Whole(dx_).lanes(t, share.begin, share.end).fill(0);
  }

  Tensor whole_state_gradient(std::size_t part) const {
    Tensor whole = Tensor::empty(state_[part].shape(), state_[part].dtype());
    for (const Share& share : shares_)
      whole.slice(share.begin, share.end).copy_from(share.state_gradients[part]);
    return whole;
  }

  Graph& graph_;
  Tensor x_;
  bool needs_x_;
  Tensor outputs_;
  std::vector<Tensor> state_, last_;
  std::vector<char> needs_state_;
  std::vector<Parameter*> parameters_;
  std::vector<Share> shares_;
  // While it runs backwards.
  Tensor doutputs_, dx_;
  bool fresh_ = false;
  std::vector<Tensor> dlast_;
};

}  // namespace

std::int64_t lane_shares(std::int64_t lanes) {
  return std::min<std::int64_t>(lanes / kLeastLanes, Engine::get().threads());
}

LaneLoop loop_over_lanes(Var x, std::span<const Var> state, const LaneStep& step) {
  if (x.shape().rank() != 3 || x.dim(0) < 1 || state.empty()) {
    throw std::invalid_argument(
        fmt::format("loop_over_lanes: shape {}, expected [T, N, P] with T at least 1, and a state",
                    x.shape().text()));
  }
  for (const Var& part : state)
    if (part.shape().rank() != 2 || part.dim(0) != x.dim(1))
      detail::misfit("loop_over_lanes", x.shape(), part.shape());
  std::vector<Var> operands{x};
  operands.insert(operands.end(), state.begin(), state.end());
  Graph& graph = detail::graph_of(operands);
  const auto loop = std::make_shared<Loop>(graph, x, state);
  loop->forward(step);
  for (Parameter* parameter : loop->parameters()) operands.emplace_back(*parameter);
  const std::vector<Var> results =
      graph.emit_many(loop->values(), operands, [loop](Backward& back) { loop->backward(back); });
  return {results[0], {results.begin() + 1, results.end()}};
}

}  // namespace unroll
