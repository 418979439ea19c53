#pragma once
#include <ATen/cuda/PhiloxCudaState.h>

namespace trainer::cuda {

/** Offset of the device's default generator, which then advances behind it. */
at::PhiloxCudaState drawn();

}  // namespace trainer::cuda
