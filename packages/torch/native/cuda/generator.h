#pragma once
#include <ATen/cuda/PhiloxCudaState.h>

namespace trainer::cuda {

/** Where the device's default generator stands; it goes on behind that. */
at::PhiloxCudaState drawn();

}  // namespace trainer::cuda
