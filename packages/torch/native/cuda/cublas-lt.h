#pragma once
#include <driver_types.h>
#include <library_types.h>

#include <cstddef>
#include <cstdint>

namespace trainer::cuda {

// The used part of cuBLASLt's C interface: its documentation gives these numbers, and they do not change between
// versions. libtorch_cuda brings the library; its header comes with a toolkit only.

constexpr int kCompute32F = 68, kCompute32FFastTf32 = 77;
constexpr int kDescTransA = 3, kDescTransB = 4, kDescEpilogue = 7, kDescBiasPointer = 8;
constexpr int kEpilogueBias = 4;
constexpr int kOpTranspose = 1;
constexpr int kPreferenceWorkspace = 1;
constexpr int kPreferenceAlignA = 5;  // B, C and D follow

struct LtAlgorithm {
  uint64_t data[8];
};

struct LtHeuristic {
  LtAlgorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

struct Lt {
  int (*create)(void**);
  size_t (*version)();
  int (*descCreate)(void**, int computeType, cudaDataType_t scaleType);
  int (*descDestroy)(void*);
  int (*descSet)(void*, int attribute, const void*, size_t);
  int (*layoutCreate)(void**, cudaDataType_t, uint64_t rows, uint64_t columns, int64_t leading);
  int (*layoutDestroy)(void*);
  int (*preferenceCreate)(void**);
  int (*preferenceDestroy)(void*);
  int (*preferenceSet)(void*, int attribute, const void*, size_t);
  int (*heuristics)(void* handle, void* desc, void* a, void* b, void* c, void* d, void* preference, int wanted,
                    LtHeuristic* results, int* found);
  int (*matmul)(void* handle, void* desc, const void* alpha, const void* a, void* aLayout, const void* b, void* bLayout,
                const void* beta, const void* c, void* cLayout, void* d, void* dLayout, const LtAlgorithm* algorithm,
                void* workspace, size_t workspaceBytes, cudaStream_t stream);
};

/** Throws where libtorch's CUDA libraries hold no cuBLASLt. */
const Lt& cublasLt();

}  // namespace trainer::cuda
