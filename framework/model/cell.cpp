#include <algorithm>
#include <stdexcept>
#include <utility>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/autodiff/ops_lanes.hpp>
#include <unroll/core/error.hpp>
#include <unroll/model/cell.hpp>
#include <unroll/model/lane_trial.hpp>
#include <unroll/model/recurrence_probe.hpp>

namespace unroll {
namespace {

// Steps times lanes from which tapes of their own, and gradients to add up, pay for themselves.
constexpr std::int64_t kWorthSharing = 256;

[[noreturn]] void misfit(const std::string& what, const Shape& given, const std::string& wanted) {
  throw std::invalid_argument(
      fmt::format("cell: {} is {}, expected {}", what, given.text(), wanted));
}

/// What does not fit in a state of these parts; empty if all does.
std::string misfit_of(const std::vector<StatePart>& parts, const State& state, std::int64_t batch) {
  if (state.size() != parts.size())
    return fmt::format("there are {} state parts, expected {}", state.size(), parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Shape wanted{batch, parts[i].width};
    if (state[i].shape() != wanted)
      return fmt::format("state part '{}' is {}, expected {}", parts[i].name,
                         state[i].shape().text(), wanted.text());
  }
  return {};
}

void require_state(const std::vector<StatePart>& parts, const State& state, std::int64_t batch) {
  const std::string wrong = misfit_of(parts, state, batch);
  if (!wrong.empty()) throw std::invalid_argument("cell: " + wrong);
}

void promise_state(const std::vector<StatePart>& parts, const State& state, std::int64_t batch,
                   DType type) {
  for (std::size_t i = 0; i < std::min(parts.size(), state.size()); ++i)
    if (!state[i].defined())
      throw BrokenContract(
          fmt::format("of what it gave, state part '{}' is undefined", parts[i].name));
  std::string wrong = misfit_of(parts, state, batch);
  for (std::size_t i = 0; wrong.empty() && i < state.size(); ++i)
    if (state[i].dtype() != type)
      wrong = fmt::format("state part '{}' is {}, expected {}", parts[i].name,
                          name_of(state[i].dtype()), name_of(type));
  if (!wrong.empty()) throw BrokenContract("of what it gave, " + wrong);
}

/// As x [..., N, I] but for its width.
void promise_projected(const Var& x, const Var& projected) {
  if (!projected.defined()) throw BrokenContract("it gave an undefined Var");
  const auto given = projected.shape().dims(), wanted = x.shape().dims();
  if (given.size() != wanted.size() || !std::equal(wanted.begin(), wanted.end() - 1, given.begin()))
    throw BrokenContract(fmt::format("it gave {}, expected {} with any last size",
                                     projected.shape().text(), x.shape().text()));
  if (projected.dtype() != x.dtype())
    throw BrokenContract(
        fmt::format("it gave {}, expected {}", name_of(projected.dtype()), name_of(x.dtype())));
}

/// "in Cell::step, projected [8, 96], h [8, 24]".
std::string asked(const char* function, const Var& projected, const std::vector<StatePart>& parts,
                  const State& state) {
  std::string text = fmt::format("in {}, projected {}", function, projected.shape().text());
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += fmt::format(", {} {}", parts[i].name, state[i].shape().text());
  return text;
}

/// Loops over the steps and tells of each.
Unrolled step_by_step(Cell& cell, Var projected, const State& state, RecurrenceProbe& probe) {
  State current = state;
  std::vector<Var> outputs;
  for (std::int64_t t = 0; t < projected.dim(0); ++t) {
    const Var now = at(projected, t);
    State next = cell.run_step(now, current);
    probe.step(cell, now, current, next);
    outputs.push_back(next.front());
    current = std::move(next);
  }
  return {stack(outputs), std::move(current)};
}

// Moves all but the first `lanes` of the living lanes to those that have ended.
void end_lanes(std::int64_t lanes, State& living, std::vector<State>& ended) {
  const std::int64_t sizes[] = {lanes, living.front().dim(0) - lanes};
  if (sizes[1] == 0) return;
  for (std::size_t i = 0; i < living.size(); ++i) {
    const std::vector<Var> pieces = split_rows(living[i], sizes);
    living[i] = pieces[0];
    ended[i].push_back(pieces[1]);
  }
}

}  // namespace

const std::vector<StatePart>& Cell::parts() const {
  if (parts_.empty())
    parts_ = guarded(
        origin_, [] { return "in Cell::state"; },
        [&] {
          std::vector<StatePart> found = state();
          if (found.empty()) throw BrokenContract("it names no part");
          return found;
        });
  return parts_;
}

Var Cell::run_project(Var x) {
  if (x.shape().rank() < 2) misfit("x", x.shape(), "[..., N, I]");
  return guarded(
      origin_, [&] { return "in Cell::project, x " + x.shape().text(); },
      [&] {
        const Var projected = project(x);
        promise_projected(x, projected);
        return projected;
      });
}

State Cell::run_step(Var projected, const State& state) {
  if (projected.shape().rank() != 2) misfit("projected", projected.shape(), "[N, P]");
  const std::int64_t batch = projected.dim(0);
  require_state(parts(), state, batch);
  return guarded(
      origin_, [&] { return asked("Cell::step", projected, parts_, state); },
      [&] {
        State next = step(projected, state);
        promise_state(parts_, next, batch, projected.dtype());
        return next;
      });
}

std::vector<Gate> Cell::run_gates(Var projected, const State& state) {
  if (projected.shape().rank() != 2) misfit("projected", projected.shape(), "[N, P]");
  const std::int64_t batch = projected.dim(0);
  require_state(parts(), state, batch);
  return guarded(
      origin_, [&] { return asked("Cell::gates", projected, parts_, state); },
      [&] {
        std::vector<Gate> found = gates(projected, state);
        for (const Gate& gate : found) {
          if (gate.name.empty() || gate.name.find('/') != std::string::npos)
            throw BrokenContract(fmt::format("'{}' cannot be the name of a gate", gate.name));
          if (gate.values.shape().rank() != 2 || gate.values.dim(0) != batch)
            throw BrokenContract(fmt::format("gate '{}' is {}, expected [{}, any width]", gate.name,
                                             gate.values.shape().text(), batch));
        }
        return found;
      });
}

std::vector<Gate> Cell::gates(Var /*projected*/, const State& /*state*/) {
  return {};
}

Unrolled Cell::run_unroll(Var projected, const State& state) {
  if (projected.shape().rank() != 3) misfit("projected", projected.shape(), "[T, N, P]");
  const std::int64_t steps = projected.dim(0), batch = projected.dim(1);
  require_state(parts(), state, batch);
  const Shape outputs{steps, batch, output_width()};
  if (steps == 0) {
    Graph& graph = Graph::of({&projected, &state.front()});
    return {graph.constant(Tensor::zeros(outputs, projected.dtype())), state};
  }
  if (RecurrenceProbe* probe = RecurrenceProbe::of(Graph::of({&projected, &state.front()})))
    return step_by_step(*this, projected, state, *probe);
  return guarded(
      origin_, [&] { return asked("Cell::unroll", projected, parts_, state); },
      [&] {
        Unrolled unrolled = unroll(projected, state);
        if (!unrolled.outputs.defined())
          throw BrokenContract("of what it gave, outputs are undefined");
        if (unrolled.outputs.shape() != outputs)
          throw BrokenContract(fmt::format("of what it gave, outputs are {}, expected {}",
                                           unrolled.outputs.shape().text(), outputs.text()));
        promise_state(parts_, unrolled.last, batch, projected.dtype());
        return unrolled;
      });
}

// Until the end of the scope nobody else sees what the cell projected.
class Cell::Owning {
 public:
  explicit Owning(Cell& cell) : cell_(cell) { cell_.owns_projected_ = true; }
  ~Owning() { cell_.owns_projected_ = false; }
  Owning(const Owning&) = delete;
  Owning& operator=(const Owning&) = delete;

 private:
  Cell& cell_;
};

Unrolled Cell::run(Var x, const State& state) {
  if (RecurrenceProbe::of(Graph::of({&x})) != nullptr) return run_unroll(run_project(x), state);
  const Owning owning(*this);
  return run_unroll(run_project(x), state);
}

Unrolled Cell::run(Var x, const Packing& packing, const State& state) {
  require_state(parts(), state, packing.lanes());
  const Var projected = run_project(x);
  const std::span<const Packing::Run> runs = packing.runs();
  if (runs.empty()) {
    const Shape none{0, output_width()};
    return {projected.graph()->constant(Tensor::zeros(none, projected.dtype())), state};
  }
  std::vector<std::int64_t> sizes;
  for (const Packing::Run& run : runs) sizes.push_back(run.steps * run.lanes);
  const std::vector<Var> pieces = split_rows(projected, sizes);

  const Owning owning(*this);
  std::vector<Var> outputs;
  std::vector<State> ended(state.size());  // of each part, the lanes that ended first at the front
  State living = state;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    end_lanes(runs[k].lanes, living, ended);
    const Shape steps{runs[k].steps, runs[k].lanes, projected.dim(1)};
    Unrolled unrolled = run_unroll(reshape(pieces[k], steps), living);
    outputs.push_back(reshape(unrolled.outputs, {sizes[k], output_width()}));
    living = std::move(unrolled.last);
  }
  end_lanes(0, living, ended);
  State last;
  for (State& pieces_of_part : ended) {
    std::ranges::reverse(pieces_of_part);
    last.push_back(join_rows(pieces_of_part));
  }
  return {join_rows(outputs), std::move(last)};
}

Unrolled Cell::unroll(Var projected, const State& state) {
  // What is said of an anomaly names the whole batch.
  const bool worth_it = projected.dim(0) * projected.dim(1) >= kWorthSharing;
  if (lanes_ == Lanes::together || !worth_it || lane_shares(projected.dim(1)) == 0 ||
      detecting_anomalies()) {
    return loop(projected, state);
  }
  if (lanes_ == Lanes::untried)
    lanes_ = lanes_are_independent(*this, projected) ? Lanes::apart : Lanes::together;
  if (lanes_ == Lanes::together) return loop(projected, state);
  const auto step = [this](Var now, const State& current) { return run_step(now, current); };
  try {
    LaneLoop done = loop_over_lanes(projected, state, step);
    return {done.outputs, std::move(done.last)};
  } catch (...) {
    // What goes wrong with all lanes together is said of all of them; what does not was wrong to
    // share them.
    Unrolled done = loop(projected, state);
    lanes_ = Lanes::together;
    return done;
  }
}

Unrolled Cell::loop(Var projected, const State& state) {
  State current = state;
  std::vector<Var> outputs;
  outputs.reserve(static_cast<std::size_t>(projected.dim(0)));
  for (std::int64_t t = 0; t < projected.dim(0); ++t) {
    current = run_step(at(projected, t), current);
    outputs.push_back(current.front());
  }
  return {stack(outputs), std::move(current)};
}

}  // namespace unroll
