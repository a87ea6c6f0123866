// The text of an Error about data.
#pragma once

#include <gmock/gmock.h>

#include <string>

#include <unroll/core/error.hpp>

namespace unroll {

/// The text of the Error that `body` throws, which must be one about data.
template <typename Body>
std::string error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::data);
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace unroll
