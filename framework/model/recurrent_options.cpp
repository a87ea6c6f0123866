#include <unroll/model/recurrent_options.hpp>

namespace unroll {

// Out of line: GCC 12 warns of strings in the bases of a constant, wrongly.
InitialOptions::InitialOptions() = default;
RecurrentOptions::RecurrentOptions() = default;

void InitialOptions::describe(Schema<InitialOptions>& schema) {
  schema.summary("how weights begin");
  schema
      .option("scheme", &InitialOptions::scheme,
              "default: Glorot and orthogonal, biases 0; with biases, uniform: within scale, "
              "lecun: within 1/sqrt(H)")
      .choices({"default", "uniform", "lecun"});
  schema.option("scale", &InitialOptions::scale, "of uniform").above(0);
}

std::unique_ptr<Recurrence> RecurrentOptions::make(std::int64_t input_width, bool bidirectional,
                                                   const ComponentFactory& factory,
                                                   const Parameters& parameters) const {
  const RecurrenceOptions options{hidden,      layers,   bidirectional, dropout,
                                  variational, residual, layer_norm};
  return std::make_unique<Recurrence>(options, input_width, initial.as_scheme(), parameters,
                                      [&](const CellSizes& sizes, const Parameters& place) {
                                        return factory.make_cell(cell, sizes, place);
                                      });
}

}  // namespace unroll
