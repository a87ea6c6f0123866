#include <unroll/results/background_save.hpp>

#include <unistd.h>

#include <chrono>
#include <system_error>
#include <utility>

#include <unroll/core/files.hpp>
#include <unroll/results/run_layout.hpp>

namespace unroll {
namespace {

constexpr int kYielding = 10;

}  // namespace

BackgroundSave::BackgroundSave(std::filesystem::path run, Snapshot snapshot, bool awaited)
    : run_(std::move(run)), snapshot_(std::make_unique<Snapshot>(std::move(snapshot))) {
  const auto save = [&from = *snapshot_, path = run_] {
    const auto start = std::chrono::steady_clock::now();
    const std::string bytes = run_to_bytes(from.record, from.best.get());
    Written written{write_beside(path, bytes), seal_of(bytes)};
    written.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return written;
  };
  if (!awaited) {
    try {
      result_ = std::async(std::launch::async, [save] {
        // On Linux of this thread alone. Where there are no more processors than computing threads,
        // one that is held up holds up all.
        static_cast<void>(::nice(kYielding) == 0);
        return save();
      });
      return;
    } catch (const std::system_error&) {  // no thread is to be had: then whoever asks writes
    }
  }
  result_ = std::async(std::launch::deferred, save);
}

BackgroundSave::~BackgroundSave() {
  if (result_.valid()) {
    try {
      wait();
    } catch (...) {  // nobody wants it any more
    }
  }
  std::error_code ignored;
  if (!written_.temporary.empty()) std::filesystem::remove(written_.temporary, ignored);
}

bool BackgroundSave::ready(double patience) const {
  return !result_.valid() ||
         result_.wait_for(std::chrono::duration<double>(patience)) != std::future_status::timeout;
}

void BackgroundSave::wait() {
  if (result_.valid()) written_ = result_.get();
}

void BackgroundSave::commit() {
  replace_file(std::exchange(written_.temporary, {}), run_);
}

}  // namespace unroll
