#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include <unroll/model/corpus.hpp>
#include "core/error_of.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What is fetched is tested with the real programs: tests/endtoend/fetch_test.py.
class Corpus : public testing::Test {
 protected:
  Corpus() {
    ::setenv("UNROLL_DATA", folder.path().c_str(), 1);
    ::setenv("UNROLL_NO_FETCH", "1", 1);
    std::filesystem::create_directory(folder / "austen");
    for (const char* name : {"austen/persuasion.txt", "austen/emma.txt", "austen/.note", "own.txt"})
      std::ofstream(folder / name) << "text";
  }
  ~Corpus() override { ::unsetenv("UNROLL_DATA"); }
  std::string refusal(const std::string& name) {
    return error_of([&] { find_corpus(name); });
  }

  Scratch folder;
};

TEST_F(Corpus, IsAllFilesOfASetOrOne) {
  const auto emma = folder / "austen/emma.txt", persuasion = folder / "austen/persuasion.txt";
  EXPECT_THAT(find_corpus("austen"), ElementsAre(emma, persuasion));
  EXPECT_THAT(find_corpus("austen/emma"), ElementsAre(emma));
  EXPECT_THAT(find_corpus("austen/emma.txt"), ElementsAre(emma));
  EXPECT_THAT(find_corpus("own"), ElementsAre(folder / "own.txt"));
}

TEST_F(Corpus, NamesWhatIsThere) {
  EXPECT_EQ(refusal("austen/ema"), "corpus 'austen/ema' is not in " + folder.path().string() +
                                       "; did you mean 'austen/emma'? (there: austen/emma, "
                                       "austen/persuasion)");
}

TEST_F(Corpus, IsNotFetchedWhereThatIsForbidden) {
  const std::string told = refusal("goethe/faust");
  EXPECT_THAT(told, HasSubstr("corpus 'goethe/faust' is not in " + folder.path().string()));
  EXPECT_THAT(told, HasSubstr("fetching is forbidden (--no-fetch or UNROLL_NO_FETCH)"));
  EXPECT_THAT(told, HasSubstr("tools/get-data goethe"));
}

TEST_F(Corpus, StaysInTheDataFolder) {
  for (const char* name : {"", "..", "../etc/passwd", "/etc/passwd", "austen/../own", "austen/",
                           "austen//emma", "-o", "austen/.note", ".cache"})
    EXPECT_THAT(refusal(name), HasSubstr("not the name of a data set")) << name;
}

}  // namespace
}  // namespace unroll
