// A tokenizer whose ids are not of its vocabulary.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

struct Misbehaving final : Tokenizer {
  struct Options {};
  static void describe(Schema<Options>& schema) { schema.summary("gives ids that nobody has"); }
  explicit Misbehaving(const Options&) {}
  std::vector<std::string> cut(std::string_view text) const override { return {std::string(text)}; }
  std::string join(std::span<const std::string> tokens) const override { return tokens[0]; }
  bool lossless() const override { return true; }
  Vocabulary learn(std::span<const std::string_view>, SpecialTokens wanted) const override {
    return Vocabulary::with_special({"a", "b"}, wanted);
  }
  std::vector<TokenId> encode(std::string_view text, const Vocabulary&) const override {
    return std::vector<TokenId>(text.size(), 17);
  }
};

}  // namespace

UNROLL_PLUGIN(tokenizer, "no_such_id", "1.0.0", Misbehaving)
