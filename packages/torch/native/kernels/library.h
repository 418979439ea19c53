#pragma once
#include <torch/library.h>

namespace trainer {

/** Runs a file's definitions when the addon is loaded, unless another copy of it in this process has run its own. */
bool define(void (*operators)(torch::Library&));

}  // namespace trainer

/** Operators of one file: TRAINER_OPERATORS(m) { m.def("name(Tensor x) -> Tensor", &name); } */
#define TRAINER_OPERATORS(m)                                                           \
  static void registerOperators(torch::Library&);                                      \
  [[maybe_unused]] static const bool areOperatorsDefined = define(&registerOperators); \
  static void registerOperators(torch::Library& m)
