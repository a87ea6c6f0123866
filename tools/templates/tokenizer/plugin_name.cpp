// Runs of white space and runs of anything else as tokens: "the  cat" is "the", "  ", "cat".
//
// Nothing is lost: the tokens one after another are the text, byte for byte. Ids follow the counts,
// the most frequent token first; among equals the one that comes first by its bytes.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <map>

namespace {

using namespace unroll;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

class PluginName final : public Tokenizer {
 public:
  struct Options {
    std::int64_t minimum_count = 1;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("runs of white space and runs of anything else");
    schema
        .option("minimum_count", &Options::minimum_count,
                "tokens seen less often in the training text become unknown")
        .at_least(1);
  }

  explicit PluginName(const Options& options) : minimum_count_(options.minimum_count) {}

  std::vector<std::string> cut(std::string_view text) const override {
    std::vector<std::string> tokens;
    for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
      while (end < text.size() && is_space(text[end]) == is_space(text[begin])) ++end;
      tokens.emplace_back(text.substr(begin, end - begin));
    }
    return tokens;
  }

  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
  }

  bool lossless() const override { return true; }

  Vocabulary learn(std::span<const std::string_view> texts, SpecialTokens wanted) const override {
    std::map<std::string, std::int64_t> counts;
    for (const std::string_view text : texts)
      for (std::string& token : cut(text)) ++counts[std::move(token)];
    std::erase_if(counts, [&](const auto& entry) { return entry.second < minimum_count_; });
    std::vector<std::string> tokens;
    for (const auto& [token, count] : counts) tokens.push_back(token);
    std::ranges::stable_sort(tokens, std::greater<>(), [&](const auto& t) { return counts[t]; });
    return Vocabulary::with_special(std::move(tokens), wanted);
  }

 private:
  std::int64_t minimum_count_;
};

}  // namespace

UNROLL_PLUGIN(tokenizer, "plugin_name", "0.1.0", PluginName)
