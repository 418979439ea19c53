// What every file of the addon includes, compiled once.
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <node_api.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>
#include <vector>
