// Everything whose layout a plugin and the framework have to agree in, for abidiff to look at: this
// file is compiled against the headers of a release and against today's, and must not differ.
#include <unroll/plugin.hpp>

namespace surface {

using namespace unroll;

// What plugins implement and the framework calls.
void interfaces(Cell&, Architecture&, Decoder&, Tokenizer&, Sampler&, Encoder&, Dataset&,
                Optimizer&, ElementwiseOptimizer&, GraphObserver&) {}
// The table behind the exported symbol, and how each kind is made.
void entries(PluginEntryOf<kinds::cell>&, PluginEntryOf<kinds::architecture>&,
             PluginEntryOf<kinds::tokenizer>&, PluginEntryOf<kinds::sampler>&,
             PluginEntryOf<kinds::encoder>&, PluginEntryOf<kinds::dataset>&,
             PluginEntryOf<kinds::optimizer>&) {}
// What is passed to and fro.
void values(Manifest&, Description&, Node&, Problems&, ReadContext&, PluginChoice&, Error&,
            Archive&, RandomStream&, Tensor&, Shape&, Graph&, Var&, Backward&, Parameter&,
            ParameterStore&, Parameters&, CellSizes&, EncoderSizes&, ArchitectureContext&, Domain&,
            Vocabulary&, Batch&, Outcome&, Task&, Splits&, Example&, Fields&, UpdateStep&, State&,
            Unrolled&, Gate&) {}
// What they compute with.
void parts(Recurrence&, Packing&, ComponentFactory&, PluginCatalogue&) {}

}  // namespace surface
