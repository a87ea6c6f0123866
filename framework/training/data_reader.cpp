#include <unroll/training/data_reader.hpp>

#include <fmt/format.h>

#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/core/installation.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/training/stream_encoder.hpp>

namespace unroll {

DataReader::DataReader(const ExperimentOptions& options, const Registry& registry)
    : options_(options), registry_(registry), cache_(TextCache::by_environment()) {
  const auto dataset = registry.make_dataset(options.data);
  if (auto* streams = dynamic_cast<StreamDataset*>(dataset.get())) streams_ = streams->open();
  if (streams_) {
    std::uint64_t bytes = 0;
    for (const Part part : {Part::train, Part::validation, Part::test})
      for (const std::string_view text : texts_of(part)) bytes += text.size();
    if (cache_.wants(bytes)) identity_ = identity();
    splits_.train.resize(streams_->train.size());
    splits_.validation.resize(streams_->validation.size());
    splits_.test.resize(streams_->test.size());
    splits_.fields = streams_->fields;
    splits_.split_name = streams_->split_name;
    splits_.files = streams_->files;
    splits_.notices = streams_->notices;
  } else {
    splits_ = dataset->load();
  }
  if (splits_.train.empty()) fail(Failure::data, "the data has no training split");
}

Domain DataReader::learn(const Tokenizers& tokenizers) const {
  if (!streams_) return learn_domain(splits_, tokenizers);
  Domain domain;
  domain.fields = splits_.fields;
  domain.text = StreamEncoder(*tokenizers.text, identity_, *streams_->store, cache_)
                    .learn(streams_->train, {});
  return domain;
}

Encoded DataReader::encode(Part part, const Domain& domain, const Tokenizers& tokenizers) {
  std::vector<Example>& examples = part == Part::train        ? splits_.train
                                   : part == Part::validation ? splits_.validation
                                                              : splits_.test;
  if (!streams_) return unroll::encode(std::move(examples), domain, tokenizers);
  Encoded encoded;
  encoded.streams = texts_of(part);
  encoded.store = streams_->store;
  encoded.text = StreamEncoder(*tokenizers.text, identity_, *streams_->store, cache_)
                     .encode(encoded.streams, domain.text);
  encoded.examples = std::move(examples);
  return encoded;
}

const std::vector<std::string_view>& DataReader::texts_of(Part part) const {
  return part == Part::train        ? streams_->train
         : part == Part::validation ? streams_->validation
                                    : streams_->test;
}

/// All that ids follow from beside texts and vocabulary: the tokenizer's code, the framework's, in
/// which the rules for words are, and the options.
std::string DataReader::identity() const {
  const PluginInfo plugin = registry_.find("tokenizer", options_.tokenizer.name);
  return fmt::format("{} {} {} {} {}", plugin.name, plugin.version, plugin.sha256(),
                     sha256_of_file(framework_library()), to_flow_yaml(options_.tokenizer.options));
}

}  // namespace unroll
