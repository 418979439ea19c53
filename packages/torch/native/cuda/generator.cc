#include <cuda.h>
// libtorch's headers ask for its version.
#include <ATen/cuda/CUDAGeneratorImpl.h>

#include <mutex>

#include "generator.h"

namespace trainer::cuda {

at::PhiloxCudaState drawn() {
  at::Generator generator = at::cuda::detail::getDefaultCUDAGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return at::check_generator<at::CUDAGeneratorImpl>(generator)->philox_cuda_state(4);  // a required multiple of 4
}

}  // namespace trainer::cuda
