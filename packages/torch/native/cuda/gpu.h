#pragma once
#include <ATen/core/Tensor.h>

// What these operators take for a GPU. A second build of them, for tests on machines without one, takes the CPU for it
// and runs the very kernels there (emulated/).

namespace trainer::cuda {

#ifdef TRAINER_EMULATED
#define TRAINER_GPU_KEY AutogradCPU
constexpr at::DeviceType kGpu = at::kCPU;
constexpr c10::DispatchKey kAutocastKey = c10::DispatchKey::AutocastCPU;
#else
#define TRAINER_GPU_KEY AutogradCUDA
constexpr at::DeviceType kGpu = at::kCUDA;
constexpr c10::DispatchKey kAutocastKey = c10::DispatchKey::AutocastCUDA;
#endif

inline bool isOnGpu(const at::Tensor& t) { return t.device().type() == kGpu; }

}  // namespace trainer::cuda
