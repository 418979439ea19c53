#pragma once
#include <cuda.h>

#include <string>

namespace trainer::cuda {

/** The driver's own C interface, found when it is first needed: nothing of it is linked. */
struct Driver {
  decltype(&cuModuleLoadData) moduleLoadData;
  decltype(&cuModuleGetFunction) moduleGetFunction;
  decltype(&cuLaunchKernel) launchKernel;
  decltype(&cuFuncSetAttribute) funcSetAttribute;
  decltype(&cuGetErrorString) getErrorString;
  decltype(&cuCtxGetCurrent) ctxGetCurrent;
  decltype(&cuCtxSetCurrent) ctxSetCurrent;
  decltype(&cuDevicePrimaryCtxRetain) primaryCtxRetain;
  decltype(&cuDeviceGetAttribute) deviceGetAttribute;
  decltype(&cuDeviceGetName) deviceGetName;
};

const Driver& driver();

/** Throws with the driver's own words where a call failed. */
void check(CUresult result, const char* call, const std::string& what);

/** Makes the current device's context this thread's, as libtorch's run-time would at its next call. */
void ensureContext();

/** Compute capability of the current device: 90 for 9.0. */
int computeCapability();

}  // namespace trainer::cuda
