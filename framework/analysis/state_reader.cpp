#include <unroll/analysis/state_reader.hpp>

#include <unroll/model/recurrence_probe.hpp>

namespace unroll {
namespace {

class Keeper final : public RecurrenceProbe {
 public:
  Keeper(Activity& into, Watch what) : into_(into), what_(what) {}

  void enter(const std::string& layer) override { layer_ = &into_[layer]; }

  void step(Cell& cell, Var projected, const State& before, const State& after) override {
    if (layer_->parts.empty())
      for (const StatePart& part : cell.parts()) layer_->parts.push_back(part.name);
    std::vector<Tensor>& kept = layer_->states.emplace_back();
    for (const Var& part : after) kept.push_back(part.value());
    if (what_ == Watch::states) return;
    for (const Gate& gate : cell.run_gates(projected, before))
      layer_->gates[gate.name].push_back(gate.values.value());
  }

 private:
  Activity& into_;
  Watch what_;
  LayerActivity* layer_ = nullptr;
};

}  // namespace

Activity watch_reading(Architecture& architecture, const Batch& batch, Carry& carry, Watch what) {
  Activity activity;
  Keeper keeper(activity, what);
  Graph graph(Graph::Mode::infer);
  graph.show_to(&keeper);
  architecture.run(graph, batch, carry, nullptr);
  return activity;
}

}  // namespace unroll
