#include <unroll/training/task_metrics.hpp>

#include <algorithm>
#include <array>

#include <unroll/metrics/agreement.hpp>
#include <unroll/metrics/bleu.hpp>
#include <unroll/metrics/chrf.hpp>
#include <unroll/metrics/confusion.hpp>
#include <unroll/metrics/edit_distance.hpp>
#include <unroll/metrics/regression.hpp>

namespace unroll {
namespace {

metrics::BleuWords words_of(const std::string& name) {
  if (name == "none") return metrics::BleuWords::spaced;
  return name == "char" ? metrics::BleuWords::characters : metrics::BleuWords::v13a;
}

metrics::Symbols symbols(const std::vector<TokenId>& ids) {
  return {ids.begin(), ids.end()};
}

constexpr std::array<std::string_view, 2> kLabelMetrics{"macro_f1", "balanced_accuracy"};
constexpr std::array<std::string_view, 2> kValueMetrics{"mae", "r_squared"};
constexpr std::array<std::string_view, 1> kTagMetrics{"exact_match"};
constexpr std::array<std::string_view, 4> kTextMetrics{"exact_match", "token_error_rate", "bleu",
                                                       "chrf"};

}  // namespace

std::span<const std::string_view> task_metric_names(Task::Goal goal) {
  switch (goal) {
    case Task::Goal::label:
      return kLabelMetrics;
    case Task::Goal::values:
      return kValueMetrics;
    case Task::Goal::tags:
      return kTagMetrics;
    case Task::Goal::text:
      return kTextMetrics;
    case Task::Goal::next_token:
      break;
  }
  return {};
}

std::vector<Metric> label_metrics(const Domain& domain, const Encoded& split,
                                  const Evaluation& found, Archive& details) {
  const auto classes = static_cast<std::int64_t>(domain.classes.size());
  metrics::ConfusionMatrix matrix(classes);
  for (std::size_t i = 0; i < found.labels.size(); ++i)
    if (split.labels[i] >= 0) matrix.add(found.labels[i], split.labels[i]);
  std::vector<std::int64_t> counts;
  for (std::int64_t target = 0; target < classes; ++target)
    for (std::int64_t said = 0; said < classes; ++said)
      counts.push_back(matrix.count(target, said));
  details.put("confusion",
              Array{{classes, classes}, counts, {{"axes", "true class, predicted class"}}});
  details.put("classes", Array{{classes}, domain.classes, {}});
  return {{"macro_f1", matrix.macro_f1(), "1"},
          {"balanced_accuracy", matrix.balanced_accuracy(), "1"}};
}

std::vector<Metric> value_metrics(const Domain& domain, const Encoded& split,
                                  const Evaluation& found) {
  const std::size_t count = domain.fields.values.size();
  metrics::Regression errors;
  for (std::size_t i = 0; i < split.examples.size(); ++i)
    errors.add(std::span(found.values).subspan(i * count, count),
               std::span(split.examples[i].values));
  return {{"mae", errors.mean_absolute_error(), "1"}, {"r_squared", errors.r_squared(), "1"}};
}

std::vector<Metric> tag_metrics(const Encoded& split, const Evaluation& found) {
  double right = 0;
  for (std::size_t i = 0; i < found.tags.size(); ++i)
    right += found.tags[i] == split.target.texts[i] ? 1 : 0;
  return {{"exact_match", right / static_cast<double>(std::max<std::size_t>(found.tags.size(), 1)),
           "1"}};
}

std::vector<Metric> text_metrics(const Model& model, const std::vector<std::string>& written,
                                 const std::vector<std::string>& expected,
                                 const TextMetricsOptions& options) {
  std::vector<metrics::Symbols> said, wanted;
  for (std::size_t i = 0; i < written.size(); ++i) {
    said.push_back(symbols(model.tokenizer().encode(written[i], model.vocabulary())));
    wanted.push_back(symbols(model.tokenizer().encode(expected[i], model.vocabulary())));
  }
  metrics::BleuOptions how;
  how.words = words_of(options.bleu_words);
  how.lowercase = options.lowercase;
  metrics::ChrfOptions chrf;
  chrf.lowercase = options.lowercase;
  std::vector<Metric> found = {
      {"exact_match", metrics::exact_match(written, expected), "1"},
      {"token_error_rate", metrics::edits(said, wanted).error_rate(), "1"}};
  const metrics::Bleu bleu = metrics::bleu(written, expected, how);
  if (bleu.longest_reference >= std::ssize(bleu.precision))
    found.push_back({"bleu", bleu.score, "1"});
  found.push_back({"chrf", metrics::chrf(written, expected, chrf), "1"});
  return found;
}

}  // namespace unroll
