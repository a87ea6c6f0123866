#include "environment.hpp"

#include <unroll/plugin/manifest.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm_bf16.hpp>

#include "revision.hpp"

namespace unroll::cli {
namespace {

using Texts = std::vector<std::string>;

void put_column(Archive& archive, std::string name, Texts texts) {
  const auto rows = static_cast<std::int64_t>(texts.size());
  archive.put(std::move(name), Array{{rows}, std::move(texts), {}});
}

}  // namespace

Archive describe_environment(const Trainer& trainer, const Registry& registry) {
  Archive environment;
  const Engine& engine = Engine::get();
  environment.put("unroll_version", std::string(UNROLL_FRAMEWORK_VERSION));
  environment.put("git_revision", std::string(UNROLL_REVISION));
  environment.put("compiler", std::string(UNROLL_COMPILER));
  environment.put("compute_library", engine.library_version());
  environment.put("processor", engine.processor());
  const bool rounds = trainer.options().training.precision == "bf16";
  environment.put("matrix_products",
                  std::string(!rounds                  ? "float32"
                              : has_bf16_instruction() ? "bfloat16 (AVX512-BF16)"
                                                       : "bfloat16 (by float32)"));
  environment.put("threads", std::int64_t{engine.threads()});
  environment.put("steps_per_epoch", trainer.plan().steps_per_epoch);

  Texts kinds, names, versions, files, sums;
  for (const PluginInfo& plugin : registry.loaded()) {
    kinds.push_back(plugin.kind);
    names.push_back(plugin.name);
    versions.push_back(plugin.version);
    files.push_back(plugin.file.string());
    sums.push_back(plugin.sha256());
  }
  put_column(environment, "plugins/kind", kinds);
  put_column(environment, "plugins/name", names);
  put_column(environment, "plugins/version", versions);
  put_column(environment, "plugins/file", files);
  put_column(environment, "plugins/sha256", sums);

  Texts paths, data_sums;
  std::vector<std::int64_t> bytes;
  for (const DataFile& file : trainer.data_files()) {
    paths.push_back(file.path);
    bytes.push_back(static_cast<std::int64_t>(file.bytes));
    data_sums.push_back(file.sha256);
  }
  put_column(environment, "data/path", paths);
  environment.put("data/bytes", Array{{static_cast<std::int64_t>(bytes.size())}, bytes, {}});
  put_column(environment, "data/sha256", data_sums);
  if (trainer.plan().transfer)
    environment.merge("initialize_from", trainer.plan().transfer->save());
  return environment;
}

void describe_vocabulary(RunRecord& record, Trainer& trainer) {
  record.vocabulary = trainer.model().domain->save();
  const Plan& plan = trainer.plan();
  if (plan.text) record.vocabulary.merge("statistics", plan.text->save());
  if (plan.target) record.vocabulary.merge("target/statistics", plan.target->save());
}

}  // namespace unroll::cli
