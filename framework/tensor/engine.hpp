// Engine: the compute engine of the process and its only singleton. It owns the threads' setting,
// the memory pool and oneDNN's engine with the cache of its primitives.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/tensor/pool.hpp>

namespace unroll {

/// Made on first use and never destroyed, so that tensors may outlive main().
class Engine {
 public:
  static Engine& get();

  /// Threads that operations use; 1 … 1024. Call from the thread that computes, between
  /// operations. The same count gives the same bits; another count may round differently.
  void set_threads(int count);
  int threads() const noexcept { return threads_; }

  Pool& pool() noexcept { return pool_; }

  /// "oneDNN 2.6.3".
  std::string library_version() const;
  /// The processor's name and the vector instructions in use: "Intel(R) Xeon(R) …, AVX3_ICL".
  std::string processor() const;
  /// The instruction set that the vectorised kernels were dispatched to: "AVX2".
  std::string vector_target() const;
  /// All that this processor and this build have, best first.
  std::vector<std::string> vector_targets() const;
  /// Restricts the kernels to one of these; empty for the best again. Throws std::invalid_argument.
  void use_vector_target(std::string_view name);

  /// oneDNN's engine, stream and primitives (tensor/onednn.hpp, private to this room).
  struct Primitives;
  Primitives& primitives() noexcept { return *primitives_; }

 private:
  Engine();
  ~Engine();

  Pool pool_;
  int threads_ = 1;
  std::unique_ptr<Primitives> primitives_;
};

/// Makes this thread flush denormals to zero; cheap after the first time. Worker threads do so by
/// themselves.
void flush_denormals() noexcept;

}  // namespace unroll
