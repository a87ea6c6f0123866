// What framework/model/tokenizer.hpp promises of a tokenizer.
//
// A lossless one gives back every text byte for byte. Any other gives back its tokens: the text
// that it joins them to is cut into the same ones again.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include <unroll/config/describe.hpp>
#include <unroll/core/unicode.hpp>
#include <unroll/model/text_pieces.hpp>

#include "hard_texts.hpp"
#include "shrink.hpp"
#include "variants.hpp"

namespace unroll::conformance {
namespace {

constexpr std::size_t kLongestShown = 60;

/// A text as people can read it: escaped where it would not show, and cut where it is long.
std::string shown(std::string_view text) {
  std::string out = "\"";
  std::size_t points = 0;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    if (++points > kLongestShown) return out + fmt::format("\" … ({} bytes)", text.size());
    const char32_t point = next_code_point(text, end);
    const bool plain = point >= 0x20 && point < 0x7F && point != '"' && point != '\\';
    if (plain) {
      out += static_cast<char>(point);
    } else {
      out += fmt::format("\\u{{{:04X}}}", static_cast<std::uint32_t>(point));
    }
  }
  return out + '"';
}

std::string shown(const std::vector<std::string>& tokens) {
  std::string out = "[";
  for (std::size_t i = 0; i < tokens.size() && i < 8; ++i)
    out += (i > 0 ? ", " : "") + shown(tokens[i]);
  return out + (tokens.size() > 8 ? fmt::format(", … {} tokens]", tokens.size()) : "]");
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

/// The vocabulary of these texts; nothing where the tokenizer declines them with a reason, as one
/// does that needs more of them.
std::optional<Vocabulary> vocabulary_of(const Tokenizer& tokenizer,
                                        std::span<const std::string_view> texts,
                                        SpecialTokens wanted) {
  try {
    return tokenizer.learn(texts, wanted);
  } catch (const PluginError&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() != Failure::usage && error.kind() != Failure::data) throw;
    return {};
  }
}

/// Each variant's tokenizer that learns from the kit's texts.
void each(Examination& examination,
          const std::function<void(const Variant&, const Tokenizer&)>& use) {
  for (const Variant& variant : variants_of(examination)) {
    examination.doing(variant.text());
    const auto made = accepted(
        [&] { return examination.registry().make_tokenizer(examination.choice(variant.options)); });
    if (made && vocabulary_of(**made, views(learnt_texts()), {true, true})) use(variant, **made);
    if (examination.enough()) return;
  }
}

/// Tries every hard text; what breaks is shown with a shorter text that breaks it too.
using Break = std::function<std::optional<Finding>(const std::string&)>;
void try_texts(Examination& examination, const Variant& variant, const Break& fails) {
  for (const HardText& hard : hard_texts()) {
    const auto at = [&](const std::string& text) {
      examination.doing(fmt::format("{}, {}{}", shown(text), hard.name, with(variant)));
      return fails(text);
    };
    if (!at(hard.text)) continue;
    const std::string shortest =
        shrink_text(hard.text, [&](const std::string& text) { return at(text).has_value(); });
    if (auto finding = at(shortest)) {
      finding->smallest = fmt::format("{} (of: {}){}", shown(shortest), hard.name, with(variant));
      examination.found(*finding);
    }
    return;
  }
}

void round_trip(Examination& examination) {
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    try_texts(examination, variant, [&](const std::string& text) -> std::optional<Finding> {
      const std::vector<std::string> tokens = tokenizer.cut(text);
      const std::string joined = tokenizer.join(tokens);
      if (tokenizer.lossless()) {
        if (joined == text) return {};
        return Finding{"a lossless tokenizer's tokens, joined, are the text",
                       fmt::format("{} of {}", shown(joined), shown(tokens)),
                       {}};
      }
      const std::vector<std::string> again = tokenizer.cut(joined);
      if (again == tokens) return {};
      return Finding{
          "the text that tokens are joined to is cut into the same tokens",
          fmt::format("{} became {}, and that {}", shown(tokens), shown(joined), shown(again)),
          {}};
    });
  });
}

void prefixes(Examination& examination) {
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    try_texts(examination, variant, [&](const std::string& text) -> std::optional<Finding> {
      const std::vector<std::string> tokens = tokenizer.cut(text);
      const std::string whole = tokenizer.join(tokens);
      const std::size_t most = std::min<std::size_t>(tokens.size(), 40);
      for (std::size_t k = 0; k < most; ++k) {
        const std::string part = tokenizer.join(std::span(tokens).first(k));
        if (!whole.starts_with(part))
          return Finding{"the text of more tokens begins with that of fewer",
                         fmt::format("{} of the first {} of {}, {} of all", shown(part), k,
                                     shown(tokens), shown(whole)),
                         {}};
      }
      return {};
    });
  });
}

/// What `encode` promises: an id a token, the token's own or unknown.
std::optional<Finding> misencoded(const Tokenizer& tokenizer, const Vocabulary& vocabulary,
                                  const std::string& text) {
  const std::vector<std::string> tokens = tokenizer.cut(text);
  const std::vector<TokenId> ids = tokenizer.encode(text, vocabulary);
  if (ids.size() != tokens.size())
    return Finding{"encode gives one id for each token of cut",
                   fmt::format("{} ids for {}", ids.size(), shown(tokens)),
                   {}};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto known = vocabulary.find(tokens[i]);
    const TokenId wanted = known.value_or(vocabulary.special().unknown.value_or(-1));
    if (ids[i] != wanted)
      return Finding{
          "encode gives each token its id, and what the vocabulary lacks the unknown one",
          fmt::format("id {} for {}, which has {}", ids[i], shown(tokens[i]), wanted),
          {}};
  }
  return {};
}

void encoding(Examination& examination) {
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    const Vocabulary learnt = tokenizer.learn(views(learnt_texts()), {true, true});
    try_texts(examination, variant,
              [&](const std::string& text) { return misencoded(tokenizer, learnt, text); });
  });
}

void decoding(Examination& examination) {
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    try_texts(examination, variant, [&](const std::string& text) -> std::optional<Finding> {
      const std::string_view only[] = {text};
      const std::optional<Vocabulary> known = vocabulary_of(tokenizer, only, {true, true});
      if (!known) return {};
      const Vocabulary& learnt = *known;
      const std::vector<TokenId> ids = tokenizer.encode(text, learnt);
      // Rare tokens may have no id; a known text is decoded into what its tokens are joined to.
      if (std::ranges::find(ids, learnt.special().unknown.value_or(-1)) != ids.end()) return {};
      const std::string wanted = tokenizer.join(tokenizer.cut(text));
      std::vector<TokenId> all{ids};
      if (learnt.special().begin) all.insert(all.begin(), *learnt.special().begin);
      if (learnt.special().end) all.push_back(*learnt.special().end);
      const std::string decoded = tokenizer.decode(all, learnt);
      if (decoded == wanted) return {};
      return Finding{"the ids of a learnt text, between a begin and an end, decode to its text",
                     fmt::format("{} instead of {}", shown(decoded), shown(wanted)),
                     {}};
    });
  });
}

std::optional<std::string> other_tokens(const Vocabulary& a, const Vocabulary& b) {
  if (a.size() != b.size()) return fmt::format("{} tokens and {}", a.size(), b.size());
  for (TokenId id = 0; id < a.size(); ++id)
    if (a.token(id) != b.token(id))
      return fmt::format("id {} is {} and {}", id, shown(a.token(id)), shown(b.token(id)));
  return {};
}

void vocabulary(Examination& examination) {
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    const auto finding = [&](const std::string& expected, const std::optional<std::string>& seen) {
      if (seen) examination.found({expected, *seen, "four short texts" + with(variant)});
    };
    const std::vector<std::string_view> texts = views(learnt_texts());
    const Vocabulary learnt = tokenizer.learn(texts, {true, true});
    const Vocabulary loaded = Vocabulary::load(learnt.save());
    finding("a vocabulary that was saved and loaded has the same ids",
            other_tokens(learnt, loaded));
    for (const std::string_view text : texts)
      if (tokenizer.encode(text, learnt) != tokenizer.encode(text, loaded))
        finding("a vocabulary that was saved and loaded encodes alike",
                "other ids of " + shown(text));
    finding("the same texts give the same vocabulary again",
            other_tokens(learnt, tokenizer.learn(texts, {true, true})));
    const auto another = examination.registry().make_tokenizer(examination.choice(variant.options));
    finding("another tokenizer of these options learns the same vocabulary",
            other_tokens(learnt, another->learn(texts, {true, true})));
    // The text's own tokens come first, whatever special ones are wanted behind them.
    const Vocabulary plain = tokenizer.learn(texts, {});
    for (TokenId id = 0; id + 1 < plain.size(); ++id)
      if (plain.token(id) != learnt.token(id)) {
        finding("ids do not depend on the special tokens that are wanted",
                fmt::format("id {} is {} without and {} with begin and end", id,
                            shown(plain.token(id)), shown(learnt.token(id))));
        break;
      }
    const auto& special = learnt.special();
    if (!special.begin || !special.end || !special.unknown)
      finding("a vocabulary has the special tokens that were wanted, and one for the unknown",
              "one is missing");
    if (plain.special().begin || plain.special().end)
      finding("a vocabulary has no special tokens that were not wanted", "there is one");
    const std::optional<Vocabulary> nothing = vocabulary_of(tokenizer, {}, {true, true});
    if (nothing && !nothing->special().unknown)
      finding("a vocabulary of no text has its special tokens", "there is no unknown token");
  });
}

void specials(Examination& examination) {
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    const Vocabulary learnt = tokenizer.learn(views(learnt_texts()), {true, true});
    try_texts(examination, variant, [&](const std::string& text) -> std::optional<Finding> {
      // A token that is spelt like a special one means it; any other text must not.
      for (const char* spelling : {"<unk>", "<bos>", "<eos>"})
        if (text.find(spelling) != std::string::npos) return {};
      for (const TokenId id : tokenizer.encode(text, learnt)) {
        if (id < 0 || id >= learnt.size())
          return Finding{
              "ids lie in the vocabulary", fmt::format("id {} of {}", id, learnt.size()), {}};
        if (id == learnt.special().begin || id == learnt.special().end)
          return Finding{"no text is read as a begin or an end", fmt::format("id {}", id), {}};
      }
      return {};
    });
  });
}

void invalid(Examination& examination) {
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    const Vocabulary learnt = tokenizer.learn(views(learnt_texts()), {});
    for (const HardText& hard : invalid_texts()) {
      examination.doing(hard.name + with(variant));
      try {
        tokenizer.join(tokenizer.cut(hard.text));
        for (const TokenId id : tokenizer.encode(hard.text, learnt))
          if (id < 0 || id >= learnt.size())
            examination.found({"ids lie in the vocabulary, whatever the bytes are",
                               fmt::format("id {} of {}", id, learnt.size()),
                               hard.name + with(variant)});
      } catch (const PluginError&) {
        throw;
      } catch (const Error&) {
        // It may refuse them: the framework reads valid UTF-8 alone.
      }
    }
  });
}

void threads(Examination& examination) {
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    const Vocabulary learnt = tokenizer.learn(views(learnt_texts()), {});
    const std::string& text = hard_texts().back().text;
    const std::vector<TokenId> wanted = tokenizer.encode(text, learnt);
    const std::string readable = tokenizer.decode(wanted, learnt);
    bool wrong[4] = {};
    {
      std::vector<std::jthread> workers;
      for (bool& mine : wrong)
        workers.emplace_back([&] {
          for (int i = 0; i < 3 && !mine; ++i)
            mine = tokenizer.encode(text, learnt) != wanted ||
                   tokenizer.decode(wanted, learnt) != readable;
        });
    }
    if (std::ranges::find(wrong, true) != std::end(wrong))
      examination.found({"encode and decode give the same in several threads at once",
                         "other ids or another text", "4 threads" + with(variant)});
  });
}

void pieces(Examination& examination) {
  bool cuts = false;
  each(examination, [&](const Variant& variant, const Tokenizer& tokenizer) {
    const auto* cutter = dynamic_cast<const PiecewiseTokenizer*>(&tokenizer);
    if (cutter == nullptr) return;
    cuts = true;
    const Vocabulary learnt = tokenizer.learn(views(learnt_texts()), {});
    try_texts(examination, variant, [&](const std::string& text) -> std::optional<Finding> {
      const std::string lines = text + "\nand " + text;
      const std::string_view all[] = {lines};
      for (const std::size_t bytes : {1, 5, 40}) {
        std::vector<TokenId> ids;
        for (const std::string_view piece : cut_into_pieces(all, *cutter, bytes))
          for (const TokenId id : tokenizer.encode(piece, learnt)) ids.push_back(id);
        if (ids != tokenizer.encode(lines, learnt))
          return Finding{"the ids of a text's pieces, one after another, are those of the text",
                         fmt::format("others, cut after {} bytes or more", bytes),
                         {}};
      }
      return {};
    });
  });
  if (!cuts) examination.skip("it cuts no texts into pieces");
}

void options(Examination& examination) {
  check_options(
      examination,
      [&](const Variant& variant) {
        const auto tokenizer =
            examination.registry().make_tokenizer(examination.choice(variant.options));
        if (const auto known = vocabulary_of(*tokenizer, views(learnt_texts()), {true, true}))
          tokenizer->decode(tokenizer->encode(learnt_texts()[0], *known), *known);
      },
      1'000'000);
}

}  // namespace

std::vector<Check> tokenizer_checks() {
  return {
      {"round_trip", "text comes back: byte for byte if lossless, else token for token",
       round_trip},
      {"prefixes", "the text of more tokens begins with that of fewer", prefixes},
      {"encoding", "an id a token: its own, or unknown", encoding},
      {"decoding", "a learnt text is decoded again", decoding},
      {"vocabulary", "the same texts give the same ids, saved and loaded too", vocabulary},
      {"specials", "no text is read as a begin or an end", specials},
      {"invalid", "bytes that are no text do no harm", invalid},
      {"threads", "several threads encode and decode at once", threads},
      {"pieces", "a text may be encoded piece by piece, where it says so", pieces},
      {"options", "options hold what their description says", options},
  };
}

}  // namespace unroll::conformance
