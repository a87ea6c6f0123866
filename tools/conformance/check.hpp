// Check: one contract of a kind of plugins, and what a plugin that breaks it is told.
//
// `runexp check-plugin` runs the checks of a plugin's kind, each in a process of its own; one
// source a kind holds them. They use nothing but the plugin's interface and what its description
// says of its options.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/config/node.hpp>
#include <unroll/plugin/registry.hpp>

namespace unroll::conformance {

/// How a contract is broken.
struct Finding {
  std::string expected;  ///< "row 3 of a batch of 5 gives what it gives alone"
  std::string seen;      ///< "outputs [0, 2] is 0.12 in company and 0.43 alone"
  std::string smallest;  ///< the smallest input found that shows it: "T 1, N 2, I 1, H 1"
};

/// The plugin that is checked.
struct Subject {
  const Registry* registry = nullptr;
  std::string kind, name;
  /// Options that the author fixed; checks vary only the others.
  Node options = Node::map({});
  std::uint64_t seed = 1;
  /// An empty folder for files that datasets read.
  std::filesystem::path scratch{};
};

/// Told what a running check does and finds. A check may end without a word: in a crash.
class Listener {
 public:
  virtual ~Listener() = default;
  /// What it is about to try, in case that this is the end of it.
  virtual void doing(const std::string& what) = 0;
  virtual void found(const Finding& finding) = 0;
  /// It does not apply, and why.
  virtual void skipped(const std::string& why) = 0;
};

/// One check at work on one plugin.
class Examination {
 public:
  Examination(const Subject& subject, Listener& listener)
      : subject_(subject), listener_(listener) {}

  const Registry& registry() const { return *subject_.registry; }
  const Subject& subject() const { return subject_; }
  std::uint64_t seed() const { return subject_.seed; }
  /// Loads the plugin.
  Description description() const { return registry().describe(subject_.kind, subject_.name); }
  /// The plugin with these options beside the fixed ones.
  PluginChoice choice(const Node& options) const;

  void doing(const std::string& what) { listener_.doing(what); }
  void found(Finding finding);
  void skip(const std::string& why) { listener_.skipped(why); }
  /// One is enough to see what is wrong; more of the same options or variants only hide it.
  bool enough() const { return findings_ >= 1; }

 private:
  const Subject& subject_;
  Listener& listener_;
  int findings_ = 0;
};

struct Check {
  std::string name;      ///< for `--only`: "gradients"
  std::string contract;  ///< what is promised, in a few words
  std::function<void(Examination&)> run;
};

/// That the library can be loaded, before all checks of its kind.
Check loads();
/// The checks of a kind, in the order in which they are best read.
const std::vector<Check>& checks_of(std::string_view kind);

// One source a kind.
std::vector<Check> cell_checks();
std::vector<Check> tokenizer_checks();
std::vector<Check> sampler_checks();
std::vector<Check> architecture_checks();
std::vector<Check> optimizer_checks();
std::vector<Check> encoder_checks();
std::vector<Check> dataset_checks();

}  // namespace unroll::conformance
