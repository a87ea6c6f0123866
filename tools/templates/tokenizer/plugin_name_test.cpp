// Is text cut where it should be, does it come back byte for byte, and do ids follow the counts?
#include <unroll/plugin/registry.hpp>

#include <cstdio>

int main(int, char** arguments) {
  using namespace unroll;
  const Registry registry({arguments[1]});
  const auto tokenizer = registry.make_tokenizer({"plugin_name", {}, {}});
  int wrong = 0;
  const auto expect = [&](bool right, const char* what) {
    if (!right) std::printf("wrong: %s\n", what);
    wrong += right ? 0 : 1;
  };

  expect(tokenizer->cut("a cat\n\nsat") == std::vector<std::string>{"a", " ", "cat", "\n\n", "sat"},
         "where a text is cut");
  for (const char* text :
       {"", " ", "ohne", "नमस्ते दुनिया", "e\u0301 👩‍👩‍👧 \t שלום\r\n"})
    expect(tokenizer->join(tokenizer->cut(text)) == text, text);

  const std::string_view texts[] = {"b a b", "a b"};
  const Vocabulary vocabulary = tokenizer->learn(texts, {});
  expect(vocabulary.find(" ") == 0 && vocabulary.find("b") == 1 && vocabulary.find("a") == 2,
         "the most frequent token first, among equals the first by its bytes");
  const auto ids = tokenizer->encode("b new", vocabulary);
  expect(ids.size() == 3 && ids[0] == 1 && ids[2] == vocabulary.special().unknown,
         "what the vocabulary lacks is unknown");
  std::printf("%d wrong\n", wrong);
  return wrong == 0 ? 0 : 1;
}
