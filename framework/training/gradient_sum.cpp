#include <unroll/training/gradient_sum.hpp>

namespace unroll {
namespace {

/// Values of a piece, 1 MiB: long enough for the speed of a network, short enough to overlap.
constexpr std::ptrdiff_t kPiece = 1 << 18;

}  // namespace

GradientSum::GradientSum(Ranks& ranks, ParameterStore& parameters)
    : ranks_(ranks), whole_(parameters.all().size()) {
  const std::span<float> arena = parameters.gradients();
  float* end = arena.data() + arena.size();
  for (std::size_t i = parameters.all().size(); i-- > 0;) {
    Parameter& parameter = *parameters.all()[i];
    places_[&parameter] = i;
    float* begin = i == 0 ? arena.data() : parameter.gradient().data<float>();
    if (end - begin < kPiece && i > 0) continue;
    pieces_.push_back({i, {begin, end}});
    end = begin;
  }
  thread_ = std::thread([this] { work(); });
}

GradientSum::~GradientSum() {
  {
    const std::lock_guard lock(mutex_);
    if (summed_ < released_) ranks_.abandon();
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GradientSum::begin() {
  whole_.assign(whole_.size(), false);
  rest_ = whole_.size();
  const std::lock_guard lock(mutex_);
  released_ = summed_ = 0;
}

void GradientSum::ready(Parameter& parameter) {
  whole_[places_.at(&parameter)] = true;
  release_whole_pieces();
}

void GradientSum::finish() {
  whole_.assign(whole_.size(), true);
  release_whole_pieces();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return summed_ == pieces_.size() || error_; });
  if (error_) std::rethrow_exception(error_);
}

void GradientSum::release_whole_pieces() {
  while (rest_ > 0 && whole_[rest_ - 1]) --rest_;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t before = released_;
    while (released_ < pieces_.size() && pieces_[released_].first >= rest_) ++released_;
    if (released_ == before) return;
  }
  changed_.notify_all();
}

void GradientSum::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || (summed_ < released_ && !error_); });
    if (closing_) return;
    const std::span<float> piece = pieces_[summed_].gradients;
    lock.unlock();
    std::exception_ptr failed;
    try {
      ranks_.sum(piece);
    } catch (...) {
      failed = std::current_exception();
    }
    lock.lock();
    error_ = failed;
    ++summed_;
    changed_.notify_all();
  }
}

}  // namespace unroll
