// What a task is judged by beside its loss.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/results/run_record.hpp>
#include <unroll/training/evaluate.hpp>

namespace unroll {

/// The names of what the functions below find out for a goal.
std::span<const std::string_view> task_metric_names(Task::Goal goal);

/// Of predicted classes: macro F1 and balanced accuracy; `details` gets the confusion matrix
/// [true class, predicted class] and the names of its classes.
std::vector<Metric> label_metrics(const Domain& domain, const Encoded& split,
                                  const Evaluation& found, Archive& details);

/// Of predicted numbers: mean absolute error and R².
std::vector<Metric> value_metrics(const Domain& domain, const Encoded& split,
                                  const Evaluation& found);

/// Of predicted tags: the share of examples without a mistake.
std::vector<Metric> tag_metrics(const Encoded& split, const Evaluation& found);

/// Of written texts: exact match, token error rate, chrF, and BLEU where any text expected has the
/// four words that it compares at a time.
struct TextMetricsOptions {
  std::string bleu_words = "13a";
  bool lowercase = false;
};
std::vector<Metric> text_metrics(const Model& model, const std::vector<std::string>& written,
                                 const std::vector<std::string>& expected,
                                 const TextMetricsOptions& options);

}  // namespace unroll
