// `--set a.b.c=value`: one setting changed from the command line.
#pragma once

#include <string>
#include <string_view>

#include <unroll/config/node.hpp>
#include <unroll/config/problems.hpp>

namespace unroll {

/// The tree with one value replaced. The assignment is a path and a value in YAML:
///
///   seed=3      model.many_to_many.cell=gru      generate.samplers.1.temperature.temperature=0.5
///
/// A path goes through maps by key and lists by index (from 0; the length appends); maps that are
/// missing are made. A path into another plugin than the chosen one chooses that plugin:
/// `…cell.gru.reset=before` replaces `cell: {lstm: …}`. The value's marks are the text
/// `--set a.b.c=value`. Mistakes go to `problems`, and the tree is returned unchanged.
Node apply_override(const Node& root, std::string_view assignment, Problems& problems);

/// The same of a value that was read already and keeps its marks. What is made on the way to it
/// stands at `mark`, and so do the path's mistakes.
Node set_value(const Node& root, std::string_view path, const Node& value, const Mark& mark,
               Problems& problems);

}  // namespace unroll
