// Gates that begin as slow as the data are long: chrono initialisation.
#pragma once

#include <unroll/model/initializers.hpp>

namespace unroll::init {

/// The bias of a gated cell, b [parts * H], whose units begin with memories of 1 … `longest` steps
/// (Tallec and Ollivier 2018, arXiv 1804.11188): a gate that keeps the state has log u, u uniform
/// in 1 … longest - 1, so that it begins at u / (u + 1) and the memory lasts about u + 1 steps.
/// `keep` is the first column of that gate; `write`, unless below 0, of the gate that lets in what
/// is new, which begins with the opposite. All other columns begin as the scheme has them. With
/// `longest` 1 or 2 both are 0; below that std::invalid_argument.
Initializer chrono_bias(const Scheme& scheme, std::int64_t hidden, std::int64_t longest,
                        std::int64_t keep, std::int64_t write = -1);

}  // namespace unroll::init
