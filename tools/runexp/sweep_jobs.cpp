#include "sweep_jobs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <thread>

#include <unroll/core/child_process.hpp>
#include <unroll/core/text.hpp>
#include <unroll/results/run_file.hpp>

#include "interrupt.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr auto kPause = std::chrono::milliseconds(50);
constexpr std::size_t kShownJobs = 3;  ///< on the progress line

/// A file that closes itself.
struct LogFile {
  explicit LogFile(const std::filesystem::path& path)
      : number(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
    if (number < 0)
      fail(Failure::data, "{}: cannot be written: {}", path.string(), std::strerror(errno));
  }
  ~LogFile() { ::close(number); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  const int number;
};

struct Job {
  std::size_t point = 0;
  ChildProcess process;
  Clock::time_point began = Clock::now();
  Clock::time_point next_look = Clock::now();
  std::string figures{};  ///< the latest loss
};

/// The loss of a run that goes on; reading a large file rarely.
void look_at(Job& job, const std::filesystem::path& file) {
  const auto start = Clock::now();
  if (start < job.next_look) return;
  try {
    const RunRecord run = open_run(file, RunParts::without_arrays);
    for (const char* split : {"validation", "train"}) {
      const auto table = run.metrics.find(split);
      const auto loss = table == run.metrics.end() ? std::nullopt : table->second.last("loss");
      if (!loss) continue;
      job.figures = " " + loss_text(*loss);
      break;
    }
  } catch (const Error&) {  // not there yet
  }
  job.next_look = Clock::now() + std::chrono::seconds(1) + 20 * (Clock::now() - start);
}

class Jobs {
 public:
  Jobs(const SweepPlan& plan, const std::vector<std::size_t>& todo,
       std::vector<PointStatus>& statuses, const JobOptions& options)
      : plan_(plan),
        statuses_(statuses),
        options_(options),
        todo_(todo.begin(), todo.end()),
        line_(options.quiet),
        wanted_(todo.size()) {
    std::filesystem::create_directories(plan.folder / "logs");
  }

  void run() {
    while (!running_.empty() || (!todo_.empty() && !stopped(stop_flag()))) {
      while (!stopped(stop_flag()) && !todo_.empty() &&
             running_.size() < static_cast<std::size_t>(options_.jobs))
        start();
      if (stopped(stop_flag())) ask_to_end();
      collect();
      show();
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  const std::string& name(std::size_t point) const { return plan_.points[point].name(); }

  PointStatus status(std::size_t point) const {
    return status_of(plan_.points[point], *plan_.base.registry, last_failures(plan_.folder));
  }

  void start() {
    const std::size_t point = todo_.front();
    todo_.pop_front();
    // Another sweep of this folder may have been here since.
    const PointStatus now = status(point);
    if (now.state == PointState::completed || now.state == PointState::elsewhere) {
      statuses_[point] = now;
      ++done_;
      return;
    }
    const LogFile log(plan_.folder / "logs" / (name(point) + ".log"));
    running_.push_back({point, ChildProcess(options_.command(plan_.points[point]), log.number,
                                            ChildProcess::Group::own)});
  }

  void ask_to_end() {
    if (asked_) return;
    asked_ = true;
    line_.print(fmt::format("stopping: {} running point{} will save and end", running_.size(),
                            running_.size() == 1 ? "" : "s"));
    for (Job& job : running_) job.process.send(SIGTERM);
  }

  void collect() {
    for (auto job = running_.begin(); job != running_.end();) {
      const auto code = job->process.poll();
      if (!code) {
        ++job;
        continue;
      }
      ended(*job, *code);
      job = running_.erase(job);
    }
  }

  void ended(const Job& job, int code) {
    PointStatus& status = statuses_[job.point];
    status = this->status(job.point);
    const double seconds = Seconds(Clock::now() - job.began).count();
    if (asked_ && status.state != PointState::completed && status.state != PointState::pruned &&
        status.state != PointState::failed && status.state != PointState::diverged) {
      return;
    }
    ++done_;
    if (status.state == PointState::open || status.state == PointState::resumable) {
      status.state = PointState::failed;
      if (code > 128)
        status.message = fmt::format("ended by signal {} ({}); the next call goes on with it",
                                     code - 128, ::strsignal(code - 128));
      else
        status.message = fmt::format("ended with code {}: {}", code,
                                     (plan_.folder / "logs" / (name(job.point) + ".log")).string());
    }
    if (status.state == PointState::completed || status.state == PointState::pruned) {
      seconds_ += seconds;
      ++timed_;
    }
    const std::string figures =
        status.best ? "  validation " + loss_text(*status.best) : std::string();
    const bool bad = status.state == PointState::failed || status.state == PointState::diverged;
    const std::string word(to_text(status.state));
    line_.print(fmt::format("{}/{}  {}  {}{}{}", done_, wanted_, name(job.point),
                            bad ? styled(stderr, Style::red, word) : word, figures,
                            bad ? ": " + printable(first_line(status.message))
                                : fmt::format("  {}", human_seconds(seconds))));
  }

  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

  void show() {
    if (running_.empty() || !line_.due()) return;
    std::string text = fmt::format("{}/{} done  {} running:", done_, wanted_, running_.size());
    for (std::size_t i = 0; i < running_.size(); ++i) {
      if (i == kShownJobs) {
        text += ", …";
        break;
      }
      look_at(running_[i], plan_.points[running_[i].point].file);
      text +=
          fmt::format("{} {}{}", i == 0 ? "" : ",", name(running_[i].point), running_[i].figures);
    }
    if (timed_ > 0) text += fmt::format("  {} left", human_seconds(seconds_left()));
    line_.show(text);
  }

  /// As if every point took as long as those that have ended.
  double seconds_left() const {
    const double each = seconds_ / static_cast<double>(timed_);
    double work = each * static_cast<double>(todo_.size());
    for (const Job& job : running_)
      work += std::max(0.0, each - Seconds(Clock::now() - job.began).count());
    return work / static_cast<double>(options_.jobs);
  }

  const SweepPlan& plan_;
  std::vector<PointStatus>& statuses_;
  const JobOptions& options_;
  std::deque<std::size_t> todo_;
  std::vector<Job> running_;
  ProgressLine line_;
  std::size_t wanted_, done_ = 0, timed_ = 0;
  double seconds_ = 0;
  bool asked_ = false;
};

}  // namespace

void run_jobs(const SweepPlan& plan, const std::vector<std::size_t>& todo,
              std::vector<PointStatus>& statuses, const JobOptions& options) {
  Jobs(plan, todo, statuses, options).run();
}

}  // namespace unroll::cli
