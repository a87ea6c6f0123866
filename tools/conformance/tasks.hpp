// Tasks: small data of every form, to find out which an architecture takes and to give it some.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <unroll/training/batches.hpp>

#include "check.hpp"
#include "variants.hpp"

namespace unroll::conformance {

/// A form of data: what examples consist of.
struct Form {
  std::string name;
  bool text = true, whole = true, target = false, label = false, values = false;
  std::vector<std::int64_t> features{};
};
/// From streams of text to pictures with captions.
const std::vector<Form>& forms();

/// An architecture on data of some form.
struct Trial {
  Trial(const Examination& examination, const Form& form, const Node& options, DType type,
        std::uint64_t seed, std::size_t examples = 5);

  /// All examples in batches of N; a stream's windows of `window` steps in N lanes.
  std::unique_ptr<Batches> batches(std::int64_t batch, std::int64_t window = 6) const;
  std::int64_t choices() const;  ///< that it guesses among; 1 where it predicts numbers
  bool streams() const { return !domain.fields.whole; }

  Domain domain;
  ParameterStore store;
  std::unique_ptr<Architecture> architecture;
  Encoded data;
  std::uint64_t seed;
};

/// Trial of these, or nothing where the architecture declines the data or the options.
std::unique_ptr<Trial> trial_of(const Examination& examination, const Form& form,
                                const Node& options, DType type, std::uint64_t seed,
                                std::size_t examples = 5);

/// Options that make an architecture small: whole numbers whose default is above 8 become the
/// first of 5, 8, 4 and 16 that it takes.
Node small_options(const Examination& examination);

}  // namespace unroll::conformance
