// The boundary between the framework and the code of plugins: every call into an object of theirs
// names the plugin in what it throws (unroll/model/origin.hpp).
#pragma once

#include <memory>

#include <unroll/model/architecture.hpp>
#include <unroll/model/cell.hpp>
#include <unroll/model/dataset.hpp>
#include <unroll/model/encoder.hpp>
#include <unroll/model/optimizer.hpp>
#include <unroll/model/origin.hpp>
#include <unroll/model/sampler.hpp>
#include <unroll/model/tokenizer.hpp>

namespace unroll {

/// A plugin's object behind the boundary: the interface of its kind, every call guarded, and what
/// it returns held against the contract: shapes, types, ids, numbers that must be finite. A cell
/// guards its own entrances, so it stays what it is.
std::unique_ptr<Cell> behind_boundary(std::unique_ptr<Cell> inner, Origin origin);
std::unique_ptr<Encoder> behind_boundary(std::unique_ptr<Encoder> inner, Origin origin,
                                         const EncoderSizes& sizes);
std::unique_ptr<Tokenizer> behind_boundary(std::unique_ptr<Tokenizer> inner, Origin origin);
std::unique_ptr<Sampler> behind_boundary(std::unique_ptr<Sampler> inner, Origin origin);
std::unique_ptr<Dataset> behind_boundary(std::unique_ptr<Dataset> inner, Origin origin);
std::unique_ptr<Optimizer> behind_boundary(std::unique_ptr<Optimizer> inner, Origin origin);
std::unique_ptr<Architecture> behind_boundary(std::unique_ptr<Architecture> inner, Origin origin);

}  // namespace unroll
