// Code points as tokens, with the fault that its option names.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace {

using namespace unroll;

std::size_t learnt = 0;

class Faulty final : public Tokenizer, public PiecewiseTokenizer {
 public:
  struct Options {
    std::string fault = "none";
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("breaks the contract that it is told to");
    schema.option("fault", &Options::fault, "what is wrong")
        .choices({"none", "marks", "prefixes", "drops", "unstable", "end", "invalid", "shared",
                  "special", "pieces"});
  }
  explicit Faulty(const Options& options) : fault_(options.fault) {}

  bool lossless() const override { return fault_ != "prefixes"; }

  std::vector<std::string> cut(std::string_view text) const override {
    if (fault_ == "invalid" && first_invalid_utf8(text)) throw std::out_of_range("vector::at");
    std::vector<std::string> tokens;
    for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
      const char32_t point = next_code_point(text, end);
      if (fault_ == "marks" && point >= 0x300 && point < 0x370) continue;  // combining marks
      if (fault_ == "prefixes" && point == ' ') continue;
      tokens.emplace_back(text.substr(begin, end - begin));
    }
    return tokens;
  }
  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) text += token;
    if (fault_ == "prefixes" && tokens.size() % 2 == 1) text += ' ';
    return text;
  }
  std::size_t cut_from(std::string_view text, std::size_t at) const override {
    return fault_ == "pieces" ? at : text.size();  // within a character, or nowhere
  }
  Vocabulary learn(std::span<const std::string_view> texts, SpecialTokens wanted) const override {
    std::set<std::string> found;
    for (const std::string_view text : texts)
      for (std::string& token : cut(text)) found.insert(std::move(token));
    std::vector<std::string> tokens(found.begin(), found.end());
    if (fault_ == "unstable" && tokens.size() > 1)
      std::rotate(tokens.begin(),
                  tokens.begin() + static_cast<std::ptrdiff_t>(++learnt % tokens.size()),
                  tokens.end());
    if (fault_ == "special") wanted = {};
    const Vocabulary whole = Vocabulary::with_special(tokens, wanted);
    if (fault_ != "end" || !wanted.end) return whole;
    Vocabulary::Special special = whole.special();
    special.end = whole.find("a").value_or(*special.end);
    return Vocabulary(whole.tokens(), special);
  }
  std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const override {
    if (fault_ == "shared") return encode_in_a_shared_place(text, vocabulary);
    std::vector<TokenId> ids = Tokenizer::encode(text, vocabulary);
    if (fault_ == "drops") std::erase(ids, vocabulary.special().unknown.value_or(-1));
    return ids;
  }

 private:
  std::vector<TokenId> encode_in_a_shared_place(std::string_view text,
                                                const Vocabulary& vocabulary) const {
    position_ = 0;
    std::vector<TokenId> ids = Tokenizer::encode(text, vocabulary);
    // As a cache without a lock would: what another thread leaves here is taken for its own.
    for (TokenId& id : ids) {
      position_ = position_ + 1;
      if (position_ > ids.size()) id = 0;
    }
    if (position_ != ids.size()) ids.clear();
    return ids;
  }

  std::string fault_;
  mutable volatile std::size_t position_ = 0;
};

}  // namespace

UNROLL_PLUGIN(tokenizer, "faults", "1.0.0", Faulty)
