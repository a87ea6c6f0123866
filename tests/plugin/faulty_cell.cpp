// A cell that fails in the call that its option names.
#include <unroll/plugin.hpp>

#include <stdexcept>

namespace {

using namespace unroll;

class Faulty final : public Cell {
 public:
  struct Options {
    std::string in = "nothing";
    std::int64_t after = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("fails where it is told to");
    schema.option("in", &Options::in, "where")
        .choices({"nothing", "state", "project", "step", "shapes", "error"});
    schema.option("after", &Options::after, "projections that succeed before one fails");
  }
  Faulty(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : in_(options.in),
        left_(options.after),
        hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, hidden_},
                           init::input_weights(sizes.initial, hidden_, 1), {"input, hidden", ""})) {
  }

  std::vector<StatePart> state() const override {
    if (in_ == "state") return {};
    return {{"h", hidden_}};
  }

 protected:
  Var project(Var x) override {
    if (in_ == "project" && left_-- <= 0) throw 7;
    return matmul(x, W_);
  }
  State step(Var projected, const State& state) override {
    if (in_ == "step") throw std::out_of_range("no step today");
    if (in_ == "error") fail(Failure::data, "the weather is bad");
    if (in_ == "shapes") return {concatenate({{projected, projected}})};
    return {tanh(projected + state[0])};
  }

 private:
  std::string in_;
  std::int64_t left_;
  std::int64_t hidden_;
  Parameter& W_;
};

}  // namespace

UNROLL_PLUGIN(cell, "faulty", "1.0.0", Faulty)
