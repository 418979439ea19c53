#pragma once
#include <string>
#include <utility>
#include <vector>

namespace trainer {

/** libtorch_cuda beside libtorch_cpu, loaded once and only where an NVIDIA driver is. */
class Cuda {
 public:
  static const Cuda& get();
  bool available() const { return count_ > 0; }
  int count() const { return count_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<size_t>& bytes() const { return bytes_; }  // each device's memory
  /** Each device's compute capability, major and minor; 0.0 where the driver does not say. */
  const std::vector<std::pair<int, int>>& capabilities() const { return capabilities_; }
  const std::string& reason() const { return reason_; }  // why there is none
  /** Why libtorch's kernels alone are used there; empty where this project's are. */
  const std::string& kernelsReason() const { return kernelsReason_; }
  /** The kernels for GPUs run on the CPU, for tests. */
  bool emulated() const { return emulated_; }

 private:
  Cuda();
  void describe(void* driver);
  void loadKernels();

  int count_ = 0;
  std::vector<std::string> names_;
  std::vector<size_t> bytes_;
  std::vector<std::pair<int, int>> capabilities_;
  std::string reason_;
  std::string kernelsReason_;
  bool emulated_ = false;
};
}  // namespace trainer
