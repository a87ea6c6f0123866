// The weights of a run as PyTorch's modules hold them, and back.
//
//   nn.Embedding    E [V, E]                        weight [V, E]
//   nn.Linear       W [I, O], b [O]                 weight [O, I], bias [O]
//   nn.LSTM         W, U, b in i, f, g, o           weight_ih_l0 [4H, I], weight_hh_l0 [4H, H],
//                                                   bias_ih_l0 = b, bias_hh_l0 = 0; weight_hr_l0 =
//                                                   R'
//   nn.GRU          W, U, b, bn in z, r, n          the same in r, z, n; bias_hh_l0 = (0, 0, bn)
//   nn.RNN          W, U, b                         the same with one block
//   nn.Conv2d       W [O, C, K, K], b               weight, bias
//   nn.BatchNorm2d  gain, b, means and variances    weight, bias, running_mean, running_var
//
// A path becomes a name with dots, "encoder/recurrence/layer1/backward" the module "encoder.rnn"
// and its "weight_ih_l1_reverse". Layers between which there are norms or residual sums are modules
// of one layer each: "rnn.0", "rnn.1" and "norm.0".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model_layers.hpp"

namespace unroll {

/// By PyTorch's names. Throws Error(usage), naming option and reason, where PyTorch has no such
/// layer: peepholes, `reset: before`, cells that it does not know.
Archive to_torch(const Archive& weights, const Choice& model);

/// The inverse: weights named and shaped like those of `like`. `tensors` has every name that
/// `to_torch(like, model)` has, in its shape.
Archive from_torch(const Archive& tensors, const Archive& like, const Choice& model);

}  // namespace unroll
