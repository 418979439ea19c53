#pragma once
#include <torch/csrc/autograd/custom_function.h>

namespace trainer {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

}  // namespace trainer
