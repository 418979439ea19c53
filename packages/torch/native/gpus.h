#pragma once
#include <string>
#include <vector>

// libtorch_cuda beside libtorch_cpu, loaded once and only where an NVIDIA driver is.
class Cuda {
 public:
  static const Cuda& get();
  bool available() const { return count_ > 0; }
  int count() const { return count_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<size_t>& bytes() const { return bytes_; }  // each device's memory
  const std::string& reason() const { return reason_; }        // why there is none
  const std::string& kernelsReason() const {
    return kernelsReason_;
  }  // why libtorch's kernels alone are used; empty else

 private:
  Cuda();
  void describe(void* driver);
  void loadKernels(void* driver);

  int count_ = 0;
  std::vector<std::string> names_;
  std::vector<size_t> bytes_;
  std::string reason_;
  std::string kernelsReason_;
};
