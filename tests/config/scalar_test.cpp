#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include <unroll/config/scalar.hpp>
#include <unroll/core/random.hpp>

namespace unroll {
namespace {

TEST(Scalar, Integers) {
  EXPECT_EQ(parse_integer("0").value, 0);
  EXPECT_EQ(parse_integer("-0").value, 0);
  EXPECT_EQ(parse_integer("+12").value, 12);
  EXPECT_EQ(parse_integer("1e6").value, 1000000);
  EXPECT_EQ(parse_integer("2.5e3").value, 2500);
  EXPECT_EQ(parse_integer("-3.0").value, -3);
  EXPECT_EQ(parse_integer("9223372036854775807").value, 9223372036854775807);
  EXPECT_EQ(parse_integer("9223372036854775808").hint, "beyond 64 bits");
  EXPECT_EQ(parse_integer("1e18").hint, "write all its digits");
  EXPECT_EQ(parse_integer("1_000").hint, "no underscores in numbers");
  EXPECT_EQ(parse_unsigned("18446744073709551615").value, 18446744073709551615u);
  EXPECT_EQ(parse_unsigned("-1").hint, "less than 0");
  for (const auto* text : {"", "-", "+", "e3", "1e", "1 ", " 1", "--1", "one", "1.2.3", "007",
                           "-01", ".", ".e1", "1e+", ".inf", "0b1", "1.5", "1e-1"}) {
    EXPECT_FALSE(parse_integer(text).value) << text;
  }
}

TEST(Scalar, Numbers) {
  EXPECT_EQ(parse_number("2.0e-3").value, 0.002);
  EXPECT_EQ(parse_number(".5").value, 0.5);
  EXPECT_EQ(parse_number("5.").value, 5.0);
  EXPECT_EQ(parse_number("+1E3").value, 1000.0);
  EXPECT_EQ(parse_number("-.inf").value, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_float("0.1").value, 0.1f);
  EXPECT_EQ(parse_number("1e999").hint, "beyond the range of a number");
  EXPECT_EQ(parse_float("1e39").hint, "beyond the range of a number");
  EXPECT_EQ(parse_number("inf").hint, "infinity is written .inf");
  for (const auto* text : {"", "nan", ".nan", "1,5", "00.5", "1e1.5", "0x1p3", "1f"}) {
    EXPECT_FALSE(parse_number(text).value) << text;
  }
}

TEST(Scalar, BooleansAreTwoWords) {
  EXPECT_EQ(parse_boolean("true").value, true);
  EXPECT_EQ(parse_boolean("false").value, false);
  EXPECT_EQ(parse_boolean("on").hint, "write true");
  EXPECT_EQ(parse_boolean("False").hint, "write false");
  EXPECT_EQ(parse_boolean("perhaps").hint, "");
}

TEST(Scalar, NumbersComeBackFromTheirShortestText) {
  EXPECT_EQ(number_text(0.002), "0.002");
  EXPECT_EQ(number_text(1.0), "1");
  EXPECT_EQ(number_text(0.1f), "0.1");
  EXPECT_EQ(number_text(1e-7), "1e-07");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-.inf");
  RandomStream random(1, "bits");
  for (int i = 0; i < 100000; ++i) {
    const auto value = std::ldexp(random.uniform(-1, 1), static_cast<int>(random.below(600)) - 300);
    ASSERT_EQ(parse_number(number_text(value)).value, value);
    const auto small = static_cast<float>(
        std::ldexp(random.uniform(-1, 1), static_cast<int>(random.below(200)) - 100));
    ASSERT_EQ(parse_float(number_text(small)).value, small);
  }
}

}  // namespace
}  // namespace unroll
