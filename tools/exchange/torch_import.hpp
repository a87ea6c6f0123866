// Weights that PyTorch saved, brought into the form of a run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "described_run.hpp"
#include "tensor_file.hpp"

namespace unroll {

/// What became of one tensor that the model needs.
struct ImportRow {
  std::string tensor, from;  ///< its name here, as `--to torch` writes it, and in the file
  std::string shape;         ///< "[512, 65]"
  std::string note;  ///< "by its shape", "zeros: the file has no bias"; why it was not taken
  bool taken = false;
};

struct TorchImport {
  Archive weights;                  ///< all that the run needs
  std::vector<ImportRow> rows;      ///< by name
  std::vector<std::string> unused;  ///< what else the file holds, "attention.weight [3, 4]"
};

/// `encoder=lstm`: the module that is called `encoder` here is called `lstm` in the file.
struct ModuleName {
  std::string here, there;
};

/// Finds the tensors that `like` needs. A module of the same name is taken, or the one that `names`
/// gives, otherwise the only one whose tensors have the same last names and shapes. With `partial`
/// what is missing stays as it is in `like`. If the file says what its tokens or classes are, they
/// are brought into the order of `like`. Throws Error(usage), with near names and all that does not
/// fit, if something is missing, or ambiguous, or if the tokens are others.
TorchImport import_torch(const TensorFile& file, const std::string& name, const DescribedRun& like,
                         std::span<const ModuleName> names, bool partial);

}  // namespace unroll
