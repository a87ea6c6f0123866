// The tokens of Unroll's tokenizer `word` for peers in other languages: text on stdin, tokens on
// stdout, each ended by NUL. Blank lines are tokens, other line breaks are not.
//
//   g++ -std=c++20 -I build/include tools/peers/cut_words.cpp -o build/bin/cut_words -L build/lib
//       -lunroll -Wl,-rpath,build/lib
#include <iostream>
#include <iterator>
#include <string>

#include <unroll/core/words.hpp>

int main() {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  for (const std::string& token : unroll::cut_words(text, unroll::LineBreaks::paragraph))
    std::cout.write(token.c_str(), static_cast<std::streamsize>(token.size()) + 1);
}
