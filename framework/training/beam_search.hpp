// Beam search: the likeliest whole text rather than the likeliest next token.
#pragma once

#include <cstdint>
#include <vector>

#include <unroll/core/stop_flag.hpp>
#include <unroll/model/architecture.hpp>
#include <unroll/model/sampler.hpp>

namespace unroll {

/// The best text of each of the N sequences that `decoder` has begun, without its end token
/// (Graves 2012, arXiv 1211.3711; Sutskever et al. 2014, section 3.2). Of every sequence
/// `sampler.width()` unfinished texts go on side by side; a text that ends competes by
/// `sampler.worth`. A sequence is done when none of its unfinished texts could still win within
/// `length` tokens (Huang et al. 2017, aclanthology.org/D17-1227), so that ending early changes no
/// result. Unknown, begin and padding are not written.
/// `stop` (may be null) ends early with the best so far.
std::vector<std::vector<TokenId>> beam_search(Decoder& decoder, std::int64_t sequences,
                                              const Vocabulary& vocabulary, const Sampler& sampler,
                                              std::int64_t length, const StopFlag* stop = nullptr);

}  // namespace unroll
