#pragma once
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>

namespace trainer::cuda {

/** Launch parameters of a kernel, on the current stream. */
struct Launch {
  uint32_t blocks = 1;
  uint32_t threads = 128;
  uint32_t blocksY = 1;
  uint32_t sharedBytes = 0;
};

/**
 * A __global__ function of native/cuda/<source>.cu for one element type, compiled for the current card when it is first
 * launched. `type` is what the source calls T (number.cuh); `constants` are further macros, "WIDTH=768 ROWS=4".
 */
class Kernel {
 public:
  Kernel(const char* source, const char* name, c10::ScalarType type, const std::string& constants = "");

  /** Arguments must have the very types of the function's parameters. */
  template <typename... Args>
  void operator()(const Launch& how, Args... args) const {
    void* list[] = {static_cast<void*>(&args)...};
    launch(how, list);
  }

 private:
  void launch(const Launch& how, void** arguments) const;

  void* function_;
  const char* name_;
};

/** Multiprocessors of the current device. */
int multiprocessors();

/** True if the current stream is being recorded as a graph, and nothing runs. */
bool isRecording();

/** Shared memory that a block can ask for, in bytes. */
int64_t sharedBytesOfBlock();

/** Folder of what is compiled and measured once a machine: <cache>/<name>, made; empty where it cannot be. */
std::string cacheFolder(const std::string& name);

/** A short name of some text, the same in every process. */
std::string digest(const std::string& text);

/** The card, by its name and compute capability. */
std::string cardName();

/** The cached value of a path; empty if there is none, or a damaged one, which is removed. */
std::string readKept(const std::string& path);

/** Keeps bytes under a path where there is nothing yet, whole or not at all: of two processes the first to come stays.
 */
void keepOnDisk(const std::string& path, const std::string& bytes);

}  // namespace trainer::cuda
