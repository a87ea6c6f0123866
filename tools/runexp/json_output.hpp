// Results for machines.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace unroll::cli {

/// Keys stay in the order in which they were added.
using Json = nlohmann::ordered_json;

/// Prints on stdout; bytes that are not UTF-8 (in a path) become U+FFFD.
inline void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace unroll::cli
