// BLEU and chrF are sacreBLEU's to the last digits, on the texts of fixtures/translations.py.
#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/metrics/bleu.hpp>
#include <unroll/metrics/chrf.hpp>
#include <unroll/results/hdf5.hpp>

#include "paths.hpp"

namespace unroll::metrics {
namespace {

using Texts = std::vector<std::string>;

const Archive& fixture() {
  static const Archive archive = read_hdf5(test::fixture("translations.h5"));
  return archive;
}

struct Corpus {
  explicit Corpus(std::string case_name) : name(std::move(case_name)) {
    hypotheses = texts("hypotheses");
    const Texts all = texts("references");
    const auto each = static_cast<std::ptrdiff_t>(all.size() / hypotheses.size());
    for (auto it = all.begin(); it != all.end(); it += each) references.emplace_back(it, it + each);
  }
  Texts texts(const char* part) const {
    return std::get<Texts>(fixture().array(name + "/" + part).values);
  }
  std::vector<double> numbers(const std::string& part) const {
    return as_doubles(fixture().array(name + "/" + part));
  }

  std::string name;
  Texts hypotheses;
  std::vector<Texts> references;
};

void expect_equal(double found, double expected, const std::string& what) {
  EXPECT_NEAR(found, expected, 1e-9 * std::max(1.0, expected)) << what;
}

const std::vector<std::pair<const char*, BleuWords>> kWords{
    {"13a", BleuWords::v13a}, {"char", BleuWords::characters}, {"none", BleuWords::spaced}};

class Translations : public testing::TestWithParam<const char*> {};

TEST_P(Translations, Bleu) {
  const Corpus corpus(GetParam());
  for (const auto& [name, words] : kWords) {
    const std::vector<double> expected = corpus.numbers(std::string("bleu/") + name);
    ASSERT_EQ(expected.size(), 6U);
    std::size_t i = 0;
    for (const bool lowercase : {false, true})
      for (const auto smoothing :
           {BleuSmoothing::exponential, BleuSmoothing::floor, BleuSmoothing::none}) {
        BleuOptions options;
        options.words = words;
        options.lowercase = lowercase;
        options.smoothing = smoothing;
        expect_equal(bleu(corpus.hypotheses, corpus.references, options).score, expected[i],
                     fmt::format("{} {}", name, i));
        ++i;
      }
  }
}

TEST(Bleu, TellsTheLongestReferenceThatDecidesWhetherItMeansAnything) {
  const Texts hypotheses{"a b c d", "a"}, references{"a b", "a b c"};
  const Bleu found = bleu(hypotheses, references);
  EXPECT_EQ(found.longest_reference, 3);
}

TEST_P(Translations, BleuInParts) {
  const Corpus corpus(GetParam());
  for (const auto& [name, words] : kWords) {
    BleuOptions options;
    options.words = words;
    const Bleu found = bleu(corpus.hypotheses, corpus.references, options);
    const std::vector<double> expected = corpus.numbers(std::string("bleu_parts/") + name);
    for (std::size_t n = 0; n < kBleuOrder; ++n)
      expect_equal(found.precision[n], expected[n], fmt::format("{} precision {}", name, n + 1));
    expect_equal(found.brevity_penalty, expected[4], name);
    EXPECT_EQ(static_cast<double>(found.hypothesis_length), expected[5]) << name;
    EXPECT_EQ(static_cast<double>(found.reference_length), expected[6]) << name;
  }
}

TEST_P(Translations, BleuOfSentences) {
  const Corpus corpus(GetParam());
  const std::vector<double> expected = corpus.numbers("sentence_bleu");
  BleuOptions options;
  options.effective_order = true;
  for (std::size_t i = 0; i < expected.size(); ++i)
    expect_equal(bleu(std::span(corpus.hypotheses).subspan(i, 1),
                      std::span(corpus.references).subspan(i, 1), options)
                     .score,
                 expected[i], corpus.hypotheses[i]);
}

TEST_P(Translations, Chrf) {
  const Corpus corpus(GetParam());
  const std::vector<double> expected = corpus.numbers("chrf");
  std::size_t i = 0;
  for (const bool lowercase : {false, true})
    for (const std::size_t words : {0U, 1U, 2U}) {
      ChrfOptions options;
      options.words = words;
      options.lowercase = lowercase;
      expect_equal(chrf(corpus.hypotheses, corpus.references, options), expected[i],
                   fmt::format("words {} lowercase {}", words, lowercase));
      ++i;
    }
  const ChrfOptions other{.characters = 3, .words = 0, .beta = 1};
  expect_equal(chrf(corpus.hypotheses, corpus.references, other), corpus.numbers("chrf_other")[0],
               "3 characters, beta 1");
}

INSTANTIATE_TEST_SUITE_P(SacreBleu, Translations,
                         testing::Values("english", "german", "hindi", "chinese", "odd",
                                         "nothing_in_common", "one_letter", "words_alone_in_common",
                                         "too_long", "several_references"),
                         [](const auto& corpus) { return corpus.param; });

TEST(Bleu, TakesOneReferenceToAHypothesis) {
  const Texts hypotheses{"a b c d e", "f g h i"}, references{"a b c d f", "f g h i"};
  const std::vector<Texts> listed{{"a b c d f"}, {"f g h i"}};
  EXPECT_EQ(bleu(hypotheses, references).score, bleu(hypotheses, listed).score);
  EXPECT_EQ(chrf(hypotheses, references), chrf(hypotheses, listed));
  EXPECT_GT(bleu(hypotheses, references).score, 10);
}

TEST(Bleu, OfNothingIsZero) {
  EXPECT_EQ(bleu({}, std::span<const std::string>()).score, 0);
  EXPECT_EQ(chrf({}, std::span<const std::string>()), 0);
}

TEST(Bleu, EachHypothesisNeedsAReference) {
  using testing::ThrowsMessage;
  const Texts two{"a", "b"}, one{"a"};
  const std::vector<Texts> none{{"a"}, {}};
  EXPECT_THAT([&] { bleu(two, one); },
              ThrowsMessage<Error>("bleu: 2 hypotheses beside 1 references; give one to each"));
  EXPECT_THAT([&] { chrf(two, none); },
              ThrowsMessage<Error>("chrf: hypothesis 2 has no reference"));
}

}  // namespace
}  // namespace unroll::metrics
