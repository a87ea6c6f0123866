// Words as tokens: those of unroll/core/words.hpp, or of a text that has been cut already, between
// single spaces. The most frequent words come first, those seen equally often in the order of their
// code points, so that the same texts always give the same ids; the special tokens are behind them.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <unordered_map>

namespace {

using unroll::LineBreaks;
using unroll::TokenId;
using unroll::Vocabulary;

class Word final : public unroll::Tokenizer {
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
    std::string changed;
    if (options_.normalisation != "none" || options_.lowercase || options_.numbers == "digit") {
      changed = prepared(text);
      text = changed;
    }
    std::vector<std::string> tokens =
        spaces_ ? cut_at_spaces(text) : unroll::cut_words(text, line_breaks_);
    if (options_.punctuation == "drop")
      std::erase_if(tokens, [](const std::string& token) {
        return !token.starts_with('\n') && !unroll::is_word(token);
      });
    return tokens;
  }

  std::string join(std::span<const std::string> tokens) const override {
    return spaces_ ? join_by_spaces(tokens) : unroll::join_words(tokens);
  }

  Vocabulary learn(std::span<const std::string_view> texts,
                   unroll::SpecialTokens wanted) const override {
    std::unordered_map<std::string, std::int64_t> counts;
    for (const std::string_view text : texts)
      for (std::string& token : cut(text)) ++counts[std::move(token)];
    std::erase_if(counts, [&](const auto& entry) { return entry.second < options_.minimum_count; });
    std::vector<std::pair<std::int64_t, std::string>> ranked;
    for (const auto& [token, count] : counts) ranked.emplace_back(-count, token);
    std::ranges::sort(ranked);
    if (options_.maximum_size > 0 && std::ssize(ranked) > options_.maximum_size)
      ranked.resize(static_cast<std::size_t>(options_.maximum_size));
    std::vector<std::string> tokens;
    for (auto& [count, token] : ranked) tokens.push_back(std::move(token));
    return Vocabulary::with_special(std::move(tokens), wanted);
  }

  std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const override {
    const auto unknown = vocabulary.special().unknown;
    if (!unknown)
      unroll::fail(unroll::Failure::data, "this vocabulary has no unknown token: not of 'word'");
    std::vector<TokenId> ids;
    for (const std::string& token : cut(text)) {
      auto id = vocabulary.find(token);
      if (!id && !spaces_) id = vocabulary.find(unroll::without_spaces(token));
      ids.push_back(id.value_or(*unknown));
    }
    return ids;
  }

 private:
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
  std::vector<std::string> cut_at_spaces(std::string_view text) const {
    std::vector<std::string> tokens;
    const bool exact = line_breaks_ == LineBreaks::token;
    int breaks = 0;
    for (;;) {
      const std::size_t length = std::min(text.find('\n'), text.size());
      for (std::string_view line = text.substr(0, length); !line.empty();) {
        const std::size_t word = std::min(line.find(' '), line.size());
        if (exact || word > 0) tokens.emplace_back(line.substr(0, word));
        if (exact && word + 1 == line.size()) tokens.emplace_back();
        if (word > 0) breaks = 0;
        line.remove_prefix(std::min(word + 1, line.size()));
      }
      if (length == text.size()) return tokens;
      text.remove_prefix(length + 1);
      ++breaks;
      if (exact) tokens.emplace_back("\n");
      if (line_breaks_ == LineBreaks::paragraph && breaks == 2) tokens.emplace_back("\n\n");
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
