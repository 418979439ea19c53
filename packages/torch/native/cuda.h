#pragma once
#include <string>
#include <vector>

// libtorch_cuda beside libtorch_cpu, loaded once and only where an NVIDIA driver is.
class Cuda {
 public:
  static const Cuda& get();
  bool available() const { return count_ > 0; }
  int count() const { return count_; }
  const std::string& reason() const { return reason_; }  // why there is none

 private:
  Cuda();
  int count_ = 0;
  std::string reason_;
};
