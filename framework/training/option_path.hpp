// Which option a dotted path of an experiment names, and what it declares of itself.
#pragma once

#include <optional>
#include <string_view>

#include <unroll/config/schema.hpp>

namespace unroll {

class Registry;

/// The option of `training.batch`, `model.many_to_many.hidden`, `training.optimizer.adam.beta1`, …
/// as `--set` and `sweep:` write it. Loads the plugins on the way. Nothing where there is no such
/// option, or where it is one of a schedule.
std::optional<OptionDescription> find_option(std::string_view path, const Registry& registry);

}  // namespace unroll
