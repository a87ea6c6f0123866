// Words as tokens: those of unroll/core/words.hpp, or of a text that has been cut already, between
// single spaces. The most frequent words come first, those seen equally often in the order of their
// code points, so that the same texts always give the same ids; the special tokens are behind them.
#include <unroll/plugin.hpp>

#include <algorithm>

namespace {

using unroll::LineBreaks;
using unroll::TokenCounts;
using unroll::TokenId;
using unroll::Vocabulary;

class Word final : public unroll::Tokenizer, public unroll::PiecewiseTokenizer {
 public:
  struct Options {
    std::string split = "unicode";
    bool lowercase = false;
    std::string normalisation = "none";
    std::string punctuation = "keep";
    std::string newlines = "token";
    std::string numbers = "keep";
    std::int64_t minimum_count = 1;
    std::int64_t maximum_size = 0;
  };
  static void describe(unroll::Schema<Options>& schema) {
    using O = Options;
    schema.summary("words and punctuation marks");
    schema
        .option("split", &O::split,
                "unicode: at word boundaries (UAX #29); spaces: text that is cut already")
        .choices({"unicode", "spaces"});
    schema.option("lowercase", &O::lowercase, "fold case, by Unicode's rules for all scripts");
    schema
        .option("normalisation", &O::normalisation,
                "make different spellings of a character one (UAX #15)")
        .choices({"none", "nfc", "nfkc"});
    schema.option("punctuation", &O::punctuation, "drop: words and numbers alone are tokens")
        .choices({"keep", "drop"});
    schema
        .option("newlines", &O::newlines,
                "a line break is a token or a space; paragraph: only blank lines are tokens")
        .choices({"token", "space", "paragraph"});
    schema.option("numbers", &O::numbers, "digit: every digit becomes 0, so that 1813 is 0000")
        .choices({"keep", "digit"});
    schema
        .option("minimum_count", &O::minimum_count,
                "words seen less often in the training text become unknown")
        .at_least(1);
    schema
        .option("maximum_size", &O::maximum_size,
                "only so many words, the most frequent, have an id; 0: no limit")
        .at_least(0);
  }
  explicit Word(const Options& options)
      : options_(options),
        spaces_(options.split == "spaces"),
        line_breaks_(options.newlines == "token"   ? LineBreaks::token
                     : options.newlines == "space" ? LineBreaks::space
                                                   : LineBreaks::paragraph) {}

  bool lossless() const override {
    return spaces_ && line_breaks_ == LineBreaks::token && !options_.lowercase &&
           options_.normalisation == "none" && options_.punctuation == "keep" &&
           options_.numbers == "keep";
  }

  std::vector<std::string> cut(std::string_view text) const override {
    std::vector<std::string> tokens;
    for_each_token(text, [&](std::string_view token) { tokens.emplace_back(token); });
    return tokens;
  }

  /// Spaces, blank lines and normal forms all end where a line begins with a word.
  std::size_t cut_from(std::string_view text, std::size_t at) const override {
    return unroll::line_from(text, at);
  }

  std::string join(std::span<const std::string> tokens) const override {
    return spaces_ ? join_by_spaces(tokens) : unroll::join_words(tokens);
  }

  Vocabulary learn(std::span<const std::string_view> texts,
                   unroll::SpecialTokens wanted) const override {
    const TokenCounts counts = unroll::sum_of(unroll::read_pieces(
        texts, *this, TokenCounts(), [this](TokenCounts& into, std::string_view piece) {
          for_each_token(piece, [&](std::string_view token) { into.add(token); });
        }));
    std::vector<std::pair<std::int64_t, std::string_view>> ranked;
    for (const TokenCounts::Entry& entry : counts.entries())
      if (entry.count >= options_.minimum_count) ranked.emplace_back(-entry.count, entry.token);
    std::ranges::sort(ranked);
    if (options_.maximum_size > 0 && std::ssize(ranked) > options_.maximum_size)
      ranked.resize(static_cast<std::size_t>(options_.maximum_size));
    std::vector<std::string> tokens;
    for (const auto& [count, token] : ranked) tokens.emplace_back(token);
    return Vocabulary::with_special(std::move(tokens), wanted);
  }

  std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const override {
    const auto unknown = vocabulary.special().unknown;
    if (!unknown)
      unroll::fail(unroll::Failure::data, "this vocabulary has no unknown token: not of 'word'");
    std::vector<TokenId> ids;
    for_each_token(text, [&](std::string_view token) {
      auto id = vocabulary.find(token);
      if (!id && !spaces_) id = vocabulary.find(unroll::without_spaces(token));
      ids.push_back(id.value_or(*unknown));
    });
    return ids;
  }

 private:
  /// Calls take(std::string_view) for every token.
  template <typename Take>
  void for_each_token(std::string_view text, Take take) const {
    std::string changed;
    if (options_.normalisation != "none" || options_.lowercase || options_.numbers == "digit") {
      changed = prepared(text);
      text = changed;
    }
    const bool marks = options_.punctuation == "keep";
    const auto take_kept = [&](std::string_view token) {
      if (marks || token.starts_with('\n') || unroll::is_word(token)) take(token);
    };
    if (spaces_)
      cut_at_spaces(text, take_kept);
    else
      unroll::for_each_word(text, line_breaks_, take_kept);
  }

  std::string prepared(std::string_view text) const {
    std::string changed(text);
    const auto normalise = [&] {
      if (options_.normalisation == "none") return;
      changed =
          unroll::normalise(changed, options_.normalisation == "nfc" ? unroll::NormalForm::nfc
                                                                     : unroll::NormalForm::nfkc);
    };
    normalise();
    if (options_.lowercase) {
      changed = unroll::fold_case(changed);
      normalise();  // folding may take a composed character apart
    }
    if (options_.numbers == "digit") {
      std::string zeros;
      for (std::size_t begin = 0, end = 0; begin < changed.size(); begin = end) {
        if (unroll::kind_of(unroll::next_code_point(changed, end)) == unroll::CharacterKind::digit)
          zeros += '0';
        else
          zeros.append(changed, begin, end - begin);
      }
      changed = std::move(zeros);
    }
    return changed;
  }

  /// Every space parts two tokens, which may be empty, so that nothing is lost where line breaks
  /// are tokens; otherwise there are no empty tokens.
  template <typename Take>
  void cut_at_spaces(std::string_view text, Take take) const {
    const bool exact = line_breaks_ == LineBreaks::token;
    int breaks = 0;
    for (;;) {
      const std::size_t length = std::min(text.find('\n'), text.size());
      for (std::string_view line = text.substr(0, length); !line.empty();) {
        const std::size_t word = std::min(line.find(' '), line.size());
        if (exact || word > 0) take(line.substr(0, word));
        if (exact && word + 1 == line.size()) take(std::string_view());
        if (word > 0) breaks = 0;
        line.remove_prefix(std::min(word + 1, line.size()));
      }
      if (length == text.size()) return;
      text.remove_prefix(length + 1);
      ++breaks;
      if (exact) take(std::string_view("\n"));
      if (line_breaks_ == LineBreaks::paragraph && breaks == 2) take(std::string_view("\n\n"));
    }
  }

  static std::string join_by_spaces(std::span<const std::string> tokens) {
    std::string text;
    bool space = false;
    for (const std::string& token : tokens) {
      const bool line_break = token == "\n" || token == "\n\n";
      if (space && !line_break) text += ' ';
      text += token;
      space = !line_break;
    }
    return text;
  }

  Options options_;
  bool spaces_;
  LineBreaks line_breaks_;
};

}  // namespace

UNROLL_PLUGIN(tokenizer, "word", "1.0.0", Word)
