// The one header a plugin includes: the contracts, the operations, and the line that exports.
#pragma once

#include <unroll/config/schema.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>
#include <unroll/core/text.hpp>
#include <unroll/model/answer.hpp>
#include <unroll/model/architecture.hpp>
#include <unroll/model/attention.hpp>
#include <unroll/model/cell.hpp>
#include <unroll/model/bad_examples.hpp>
#include <unroll/model/corpus.hpp>
#include <unroll/model/dataset.hpp>
#include <unroll/model/encoder.hpp>
#include <unroll/model/fused_recurrence.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/model/optimizer.hpp>
#include <unroll/model/records.hpp>
#include <unroll/model/recurrence.hpp>
#include <unroll/model/recurrent_options.hpp>
#include <unroll/model/sampler.hpp>
#include <unroll/model/splitting.hpp>
#include <unroll/model/synthetic.hpp>
#include <unroll/model/text_file.hpp>
#include <unroll/model/token_layers.hpp>
#include <unroll/model/tokenizer.hpp>
#include <unroll/plugin/export.hpp>
