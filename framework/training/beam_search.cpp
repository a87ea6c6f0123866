#include <unroll/training/beam_search.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

/// A text in the making, or one that has ended.
struct Hypothesis {
  std::vector<TokenId> tokens;
  double log_probability = 0;
};

/// A hypothesis and one token more.
struct Candidate {
  std::size_t from = 0;  ///< of its sequence's hypotheses
  TokenId token = 0;
  double log_probability = kNever;
};

/// The texts of one sequence.
struct Beam {
  std::vector<Hypothesis> living{1};
  Hypothesis best;  ///< of those that have ended
  double worth = kNever;
  bool done = false;
};

/// Turns logits into log-probabilities, in place.
void log_softmax(std::vector<double>& row) {
  const double largest = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const double value : row) sum += std::exp(value - largest);
  const double shift = largest + std::log(sum);
  for (double& value : row) value -= shift;
}

class Search {
 public:
  Search(const Vocabulary& vocabulary, const Sampler& sampler, std::int64_t length)
      : vocabulary_(vocabulary),
        sampler_(sampler),
        length_(length),
        width_(static_cast<std::size_t>(sampler.width())) {
    for (TokenId id = 0; id < vocabulary.size(); ++id)
      if (vocabulary.never_generated(id)) never_.push_back(id);
  }

  /// Chooses how a beam goes on from the logits [living, V]; gives the hypotheses that each of the
  /// new ones came from.
  std::vector<std::size_t> advance(Beam& beam, const float* logits) {
    // Twice the width, since as many as the width may end here.
    std::vector<Candidate> best;
    for (std::size_t i = 0; i < beam.living.size(); ++i)
      collect(beam.living[i], i, logits + i * static_cast<std::size_t>(vocabulary_.size()), best);
    std::vector<Hypothesis> next;
    std::vector<std::size_t> from;
    for (const Candidate& candidate : best) {
      if (next.size() == width_) break;
      Hypothesis grown = beam.living[candidate.from];
      grown.log_probability = candidate.log_probability;
      if (candidate.token == vocabulary_.special().end) {
        finish(beam, std::move(grown));
        continue;
      }
      grown.tokens.push_back(candidate.token);
      next.push_back(std::move(grown));
      from.push_back(candidate.from);
    }
    beam.living = std::move(next);
    beam.done = beam.living.empty() || beam.worth >= most(beam.living.front());
    return from;
  }

  /// What has not ended when the length is used up competes as it is.
  void close(Beam& beam) const {
    if (beam.worth == kNever)
      for (Hypothesis& hypothesis : beam.living) finish(beam, std::move(hypothesis));
  }

 private:
  static std::int64_t ended_length(const Hypothesis& hypothesis) {
    return std::ssize(hypothesis.tokens) + 1;
  }

  double worth(const Hypothesis& hypothesis) const {
    return sampler_.worth(hypothesis.log_probability, ended_length(hypothesis));
  }

  /// No text that goes on from the likeliest living one, or from a less likely one of its length,
  /// is worth more: tokens to come only make it less likely, and length counts one way.
  double most(const Hypothesis& living) const {
    const std::int64_t soonest = ended_length(living);
    return std::max(sampler_.worth(living.log_probability, soonest),
                    sampler_.worth(living.log_probability, std::max(soonest, length_)));
  }

  void finish(Beam& beam, Hypothesis hypothesis) const {
    const double found = worth(hypothesis);
    if (found <= beam.worth) return;
    beam.worth = found;
    beam.best = std::move(hypothesis);
  }

  void collect(const Hypothesis& hypothesis, std::size_t index, const float* logits,
               std::vector<Candidate>& best) {
    row_.assign(logits, logits + vocabulary_.size());
    for (const TokenId id : never_) row_[static_cast<std::size_t>(id)] = kNever;
    log_softmax(row_);
    for (std::size_t id = 0; id < row_.size(); ++id) {
      const Candidate candidate{index, static_cast<TokenId>(id),
                                hypothesis.log_probability + row_[id]};
      if (candidate.log_probability == kNever) continue;
      if (best.size() == 2 * width_ && candidate.log_probability <= best.back().log_probability)
        continue;
      const auto place = std::upper_bound(best.begin(), best.end(), candidate,
                                          [](const Candidate& a, const Candidate& b) {
                                            return a.log_probability > b.log_probability;
                                          });
      best.insert(place, candidate);
      if (best.size() > 2 * width_) best.pop_back();
    }
  }

  const Vocabulary& vocabulary_;
  const Sampler& sampler_;
  std::int64_t length_;
  std::size_t width_;
  std::vector<TokenId> never_;
  std::vector<double> row_;
};

}  // namespace

std::vector<std::vector<TokenId>> beam_search(Decoder& decoder, std::int64_t sequences,
                                              const Vocabulary& vocabulary, const Sampler& sampler,
                                              std::int64_t length, const StopFlag* stop) {
  Search search(vocabulary, sampler, length);
  std::vector<Beam> beams(static_cast<std::size_t>(sequences));
  std::vector<TokenId> last(beams.size(), vocabulary.special().begin.value());
  for (std::int64_t step = 0; step < length && !last.empty(); ++step) {
    if (stopped(stop)) break;
    const float* logits = decoder.next(last).data();
    std::vector<std::int32_t> from;
    std::int32_t lane = 0;
    last.clear();
    for (Beam& beam : beams) {
      if (beam.done) continue;
      const auto width = static_cast<std::int32_t>(beam.living.size());
      const std::vector<std::size_t> grown =
          search.advance(beam, logits + lane * vocabulary.size());
      if (!beam.done)
        for (std::size_t i = 0; i < grown.size(); ++i) {
          from.push_back(lane + static_cast<std::int32_t>(grown[i]));
          last.push_back(beam.living[i].tokens.back());
        }
      lane += width;
    }
    if (!from.empty()) decoder.reorder(from);
  }
  std::vector<std::vector<TokenId>> texts;
  for (Beam& beam : beams) {
    search.close(beam);
    texts.push_back(std::move(beam.best.tokens));
  }
  return texts;
}

}  // namespace unroll
