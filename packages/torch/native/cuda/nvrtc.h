#pragma once
#include <string>
#include <vector>

namespace trainer::cuda {

/**
 * CUDA C++ of native/cuda/<source>.cu as machine code for a compute capability (90: sm_90), by the compiler that comes
 * with libtorch's CUDA libraries; no toolkit is needed. Throws with the compiler's log.
 */
std::string compile(const std::string& source, const std::vector<std::string>& macros, int capability);

/** "13.2", a part of what names compiled code on disk. */
std::string nvrtcVersion();

}  // namespace trainer::cuda
