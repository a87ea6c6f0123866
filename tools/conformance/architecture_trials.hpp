// How the checks of architectures are made: on small data of every form that one takes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tasks.hpp"

namespace unroll::conformance::architectures {

/// One way of asking for the architecture: its options and the data.
struct Asked {
  const Examination& examination;
  Form form;
  Node options;
  std::unique_ptr<Trial> make(DType type, std::uint64_t seed, std::size_t examples = 5) const {
    return trial_of(examination, form, options, type, seed, examples);
  }
};

/// The defaults on every form of data that is taken, then each variant on the first. `use` returns
/// what is broken. `choose` tells which variants; all where there is none.
using Use = std::function<std::optional<Finding>(const Asked&)>;
using Choose = std::function<bool(const Variant&)>;
void each(Examination& examination, const Use& use, const Choose& choose = {});

/// Models that count learn in one pass over the batches.
void count_all(Trial& trial);

struct Figures {
  double total = 0;
  std::int64_t counted = 0;
};

/// All batches of this size, read without training; of a stream at most so many steps.
Figures evaluate(Trial& trial, std::int64_t batch, std::int64_t window = 6,
                 std::int64_t most_steps = 60);

// Checks of architecture_training.cpp.
void untrained(Examination& examination);
void overfits(Examination& examination);
void resume(Examination& examination);
void memory(Examination& examination);

}  // namespace unroll::conformance::architectures
