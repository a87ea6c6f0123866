// Schedules: how the learning rate changes while training.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <unroll/config/schema.hpp>
#include <unroll/core/archive.hpp>

namespace unroll {

/// Where training stands when a learning rate is asked for.
struct SchedulePoint {
  std::int64_t step = 0;         ///< updates made so far: 0 for the first
  std::int64_t total_steps = 0;  ///< of the whole run
  std::int64_t epoch = 0;        ///< epochs completed
};

/// A factor on the optimizer's learning rate. Every schedule may begin with a linear warm-up of
/// `warmup` steps, from 1/(warmup+1) to 1.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual double factor(const SchedulePoint& point) const = 0;
  /// After each evaluation: the validation loss, or the training loss where there is none.
  virtual void observe(double /*loss*/) {}
  virtual Archive save() const { return {}; }
  virtual void restore(const Archive& /*state*/) {}
};

/// The schedules' names: constant, step, cosine, plateau.
std::vector<std::string> schedule_names();
/// The options of a schedule of this name.
Description describe_schedule(const std::string& name);
/// Validates the options of a schedule and fills in the defaults.
Node resolve_schedule(const PluginChoice& choice, Problems& problems);
std::unique_ptr<Schedule> make_schedule(const PluginChoice& choice);

}  // namespace unroll
