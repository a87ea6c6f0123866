// Queries: the grammar, comparison of numbers and texts, what is absent, what is refused.
#include <gmock/gmock.h>

#include <cmath>

#include <unroll/comparison/query.hpp>
#include <unroll/core/error.hpp>

namespace unroll::comparison {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Value example(const std::string& name) {
  if (name == "batch") return 64.0;
  if (name == "loss") return 1.55;
  if (name == "cell") return std::string("lstm");
  if (name == "corpus") return std::string("[alice, austen]");
  if (name == "tag") return std::vector<std::string>{"baseline", "paper"};
  if (name == "nan") return std::nan("");
  return {};
}

Truth of(std::string_view text) {
  return Query::parse(text).of(example);
}

TEST(Query, ComparesNumbers) {
  EXPECT_EQ(of("batch=64 and loss<1.6"), Truth::yes);
  EXPECT_EQ(of("batch==64.0"), Truth::yes);
  EXPECT_EQ(of("batch=6.4e1"), Truth::yes);
  EXPECT_EQ(of("batch!=64"), Truth::no);
  EXPECT_EQ(of("loss<1.55"), Truth::no);
  EXPECT_EQ(of("loss<=1.55"), Truth::yes);
  EXPECT_EQ(of("loss>=1.55"), Truth::yes);
  EXPECT_EQ(of("loss > -3"), Truth::yes);
  EXPECT_EQ(of("batch = lots"), Truth::no);
}

TEST(Query, ComparesTexts) {
  EXPECT_EQ(of("cell=lstm"), Truth::yes);
  EXPECT_EQ(of("cell != \"lstm\""), Truth::no);
  EXPECT_EQ(of("cell ~ ^ls"), Truth::yes);
  EXPECT_EQ(of("cell !~ ^ls"), Truth::no);
  EXPECT_EQ(of("corpus = '[alice, austen]'"), Truth::yes);
  EXPECT_EQ(of("corpus ~ 'alice|bob'"), Truth::yes);
  EXPECT_EQ(of("batch ~ 6"), Truth::yes);
}

TEST(Query, OneOfSeveralTextsIsEnough) {
  EXPECT_EQ(of("tag=paper"), Truth::yes);
  EXPECT_EQ(of("tag!=paper"), Truth::no);
  EXPECT_EQ(of("tag!=draft"), Truth::yes);
}

TEST(Query, AndBindsTighterThanOr) {
  EXPECT_EQ(of("cell=gru and cell=gru or batch=64"), Truth::yes);
  EXPECT_EQ(of("batch=64 or cell=gru and cell=gru"), Truth::yes);
  EXPECT_EQ(of("(batch=64 or cell=gru) and cell=gru"), Truth::no);
  EXPECT_EQ(of("not cell=gru and not (batch=1 or batch=2)"), Truth::yes);
  EXPECT_EQ(of("not(cell=lstm)"), Truth::no);
  EXPECT_EQ(of("not not cell=lstm"), Truth::yes);
}

TEST(Query, AbsentIsUnknown) {
  EXPECT_EQ(of("missing=1"), Truth::unknown);
  EXPECT_EQ(of("missing!=1"), Truth::unknown);
  EXPECT_EQ(of("not missing=1"), Truth::unknown);
  EXPECT_EQ(of("nan>1"), Truth::unknown);
  EXPECT_EQ(of("missing=1 and cell=gru"), Truth::no);
  EXPECT_EQ(of("missing=1 or cell=lstm"), Truth::yes);
  EXPECT_EQ(of("missing=1 or cell=gru"), Truth::unknown);
}

TEST(Query, NamesCanBeReplaced) {
  Query query = Query::parse("a.b=1 and (order=2 or not a.b>3)");
  EXPECT_THAT(query.names(), ElementsAre("a.b", "order", "a.b"));
  query.rename([](const std::string& name) { return name + "!"; });
  EXPECT_THAT(query.names(), ElementsAre("a.b!", "order!", "a.b!"));
}

TEST(Query, RefusesWithThePlace) {
  const auto refused = [](std::string_view text, const char* says) {
    EXPECT_THAT([text] { Query::parse(text); }, ThrowsMessage<Error>(HasSubstr(says))) << text;
  };
  refused("", "expected a setting or figure at 'the end'");
  refused("batch", "expected =, !=, <, <=, >, >=, ~ or !~ at 'the end'");
  refused("batch 64", "at '64'");
  refused("batch=", "expected a value at 'the end'");
  refused("batch=64 loss<2", "expected 'and', 'or' or the end at 'loss<2'");
  refused("(batch=64", "expected ')'");
  refused("batch=64)", "at ')'");
  refused("batch=64 and", "expected a setting or figure");
  refused("cell='lstm", "a quote is not closed");
  refused("cell ~ '('", "is no regular expression");
  refused("batch => 3", "expected a value at '> 3'");
  refused(std::string(5000, '('), "too many brackets");
  EXPECT_THAT([] { of("cell<lstm"); }, ThrowsMessage<Error>(HasSubstr("texts have =, != and ~")));
}

}  // namespace
}  // namespace unroll::comparison
