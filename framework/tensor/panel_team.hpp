// Panel team: the threads that share the panels of small products.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include <unroll/tensor/crew.hpp>
#include <unroll/tensor/quicker_way.hpp>

namespace unroll {

/// As many threads as the engine has now. Not thread safe, as Crew is not.
class PanelTeam {
 public:
  static std::int64_t threads();

  /// Are so many multiplications enough to share?
  static bool worth_sharing(std::int64_t products) {
    return products >= kWorthSharing && threads() > 1;
  }

  /// f(begin, end) for parts of panels 0 … panels-1; returns when all are done. By one thread where
  /// so many multiplications are too few to share. The parts are the same each time, so that a
  /// core's second cache may still have what it read last. f as for Crew::run.
  template <typename Function>
  void share(std::int64_t panels, std::int64_t products, const Function& f) {
    const std::int64_t parts = std::min({threads(), panels, products / (kWorthSharing / 2)});
    if (!worth_sharing(products) || parts < 2) return f(0, panels);
    crew().run(static_cast<int>(parts), [f, count = static_cast<std::int32_t>(panels),
                                         of = static_cast<std::int32_t>(parts)](int part) {
      f(std::int64_t{count} * part / of, std::int64_t{count} * (part + 1) / of);
    });
  }

  /// Asked before work of so many multiplications that comes once a token: shall others begin with
  /// it while this thread does something else? No where it is too little, or was found to be
  /// slower.
  bool worth_starting(std::int64_t products) {
    return products >= kWorthStarting && threads() > 1 && starting_.second();
  }
  /// The others begin with f(part, parts), parts 1 … parts-1; `finish` does part 0.
  template <typename Function>
  void start(const Function& f) {
    Crew& helpers = crew();
    helpers.start(helpers.size(), [f, parts = helpers.size()](int part) { f(part, parts); });
  }
  template <typename Function>
  void finish(const Function& f) {
    f(0, crew_->size());
    crew_->finish();
  }

 private:
  static constexpr std::int64_t kWorthSharing = std::int64_t{1} << 16;
  static constexpr std::int64_t kWorthStarting = std::int64_t{1} << 14;

  Crew& crew();

  std::unique_ptr<Crew> crew_;  ///< null until there is work to share
  QuickerWay starting_;
};

}  // namespace unroll
