// How an architecture makes the cells and encoders that its options name.
#pragma once

#include <memory>

#include <unroll/config/schema.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {

class Cell;
class Encoder;
struct CellSizes;
struct EncoderSizes;

/// Implemented by the plugin registry.
class ComponentFactory {
 public:
  virtual ~ComponentFactory() = default;
  virtual std::unique_ptr<Cell> make_cell(const PluginChoice& choice, const CellSizes& sizes,
                                          const Parameters& parameters) const = 0;
  virtual std::unique_ptr<Encoder> make_encoder(const PluginChoice& choice,
                                                const EncoderSizes& sizes,
                                                const Parameters& parameters) const = 0;
};

}  // namespace unroll
