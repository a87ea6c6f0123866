#include <unroll/training/schedule.hpp>

#include <cmath>
#include <limits>
#include <numbers>

#include <unroll/core/text.hpp>

namespace unroll {
namespace {

double warm_up(const SchedulePoint& point, std::int64_t steps) {
  return point.step < steps ? static_cast<double>(point.step + 1) / static_cast<double>(steps + 1)
                            : 1.0;
}

template <typename Options>
void describe_warm_up(Schema<Options>& schema) {
  schema.option("warmup", &Options::warmup, "steps in which the rate rises linearly").at_least(0);
}

class Constant final : public Schedule {
 public:
  struct Options {
    std::int64_t warmup = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("the optimizer's own rate");
    describe_warm_up(schema);
  }
  explicit Constant(const Options& options) : options_(options) {}
  double factor(const SchedulePoint& point) const override {
    return warm_up(point, options_.warmup);
  }

 private:
  Options options_;
};

class Step final : public Schedule {
 public:
  struct Options {
    double factor = 0.5;
    std::int64_t after = 1;
    std::int64_t every = 1;
    std::string unit = "epoch";
    std::int64_t warmup = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("multiplied by `factor` after `after` epochs, then again every `every`");
    schema.option("factor", &Options::factor, "of each drop").above(0);
    schema.option("after", &Options::after, "epochs or steps before the first drop").at_least(1);
    schema.option("every", &Options::every, "epochs or steps between drops").at_least(1);
    schema.option("unit", &Options::unit, "what is counted").choices({"epoch", "step"});
    describe_warm_up(schema);
  }
  explicit Step(const Options& options) : options_(options) {}
  double factor(const SchedulePoint& point) const override {
    const std::int64_t done = options_.unit == "epoch" ? point.epoch : point.step;
    const std::int64_t drops =
        done < options_.after ? 0 : 1 + (done - options_.after) / options_.every;
    return warm_up(point, options_.warmup) * std::pow(options_.factor, static_cast<double>(drops));
  }

 private:
  Options options_;
};

class Cosine final : public Schedule {
 public:
  struct Options {
    double minimum = 0;
    std::int64_t warmup = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("half a cosine over the whole run (Loshchilov and Hutter 2017, 1608.03983)");
    schema.option("minimum", &Options::minimum, "share of the rate at the end").range(0, 1);
    describe_warm_up(schema);
  }
  explicit Cosine(const Options& options) : options_(options) {}
  double factor(const SchedulePoint& point) const override {
    if (point.step < options_.warmup) return warm_up(point, options_.warmup);
    const auto length = static_cast<double>(point.total_steps - options_.warmup);
    const double done = static_cast<double>(point.step - options_.warmup) / std::fmax(length, 1);
    const double wave = 0.5 * (1 + std::cos(std::numbers::pi * std::fmin(done, 1)));
    return options_.minimum + (1 - options_.minimum) * wave;
  }

 private:
  Options options_;
};

class Plateau final : public Schedule {
 public:
  struct Options {
    double factor = 0.5;
    std::int64_t patience = 2;
    double threshold = 1e-3;
    double minimum = 0.001;
    std::int64_t warmup = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("multiplied by `factor` when the validation loss stops falling");
    schema.option("factor", &Options::factor, "of each drop").range(0, 1);
    schema.option("patience", &Options::patience, "evaluations to wait before a drop").at_least(1);
    schema.option("threshold", &Options::threshold, "nats that count as falling").at_least(0);
    schema.option("minimum", &Options::minimum, "share of the rate that always stays").range(0, 1);
    describe_warm_up(schema);
  }
  explicit Plateau(const Options& options) : options_(options) {}

  double factor(const SchedulePoint& point) const override {
    return warm_up(point, options_.warmup) * now_;
  }
  void observe(double loss) override {
    if (loss < best_ - options_.threshold) {
      best_ = loss;
      waited_ = 0;
    } else if (++waited_ >= options_.patience) {
      now_ = std::fmax(now_ * options_.factor, options_.minimum);
      waited_ = 0;
    }
  }
  Archive save() const override {
    Archive archive;
    archive.put("best", best_);
    archive.put("factor", now_);
    archive.put("waited", waited_);
    return archive;
  }
  void restore(const Archive& state) override {
    best_ = state.number("best");
    now_ = state.number("factor");
    waited_ = state.integer("waited");
  }

 private:
  Options options_;
  double best_ = std::numeric_limits<double>::infinity();
  double now_ = 1;
  std::int64_t waited_ = 0;
};

struct Kind {
  const char* name;
  Description (*describe)();
  Node (*resolve)(const Node& options, Problems& problems);
  std::unique_ptr<Schedule> (*make)(const Node& options);
};

template <typename S>
Kind kind_of(const char* name) {
  return {name, [] { return schema_of<S>().description(); },
          [](const Node& node, Problems& problems) {
            ReadContext context{problems, nullptr};
            const auto schema = schema_of<S>();
            return schema.write(schema.read(node, context));
          },
          [](const Node& node) -> std::unique_ptr<Schedule> {
            Problems problems;
            ReadContext context{problems, nullptr};
            const auto options = schema_of<S>().read(node, context);
            problems.throw_if_any();
            return std::make_unique<S>(options);
          }};
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {kind_of<Constant>("constant"), kind_of<Cosine>("cosine"),
                                        kind_of<Plateau>("plateau"), kind_of<Step>("step")};
  return all;
}

const Kind* find(const std::string& name) {
  for (const Kind& kind : kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

std::string unknown(const std::string& name) {
  const std::vector<std::string> names = schedule_names();
  return "unknown schedule '" + name + "' (known: " + join(names) + ")" + did_you_mean(name, names);
}

}  // namespace

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) names.emplace_back(kind.name);
  return names;
}

Description describe_schedule(const std::string& name) {
  if (const Kind* kind = find(name)) return kind->describe();
  throw Error(Failure::usage, unknown(name));
}

Node resolve_schedule(const PluginChoice& choice, Problems& problems) {
  if (const Kind* kind = find(choice.name)) return kind->resolve(choice.options, problems);
  problems.add(choice.mark, unknown(choice.name));
  return choice.options;
}

std::unique_ptr<Schedule> make_schedule(const PluginChoice& choice) {
  if (const Kind* kind = find(choice.name)) return kind->make(choice.options);
  throw Error(Failure::usage, unknown(choice.name));
}

}  // namespace unroll
