#pragma once
#include <node_api.h>

#include <string>

namespace trainer {

struct Session;

// A trace of libtorch's own profiler (kineto): operators of all threads, calls of CUDA's interfaces, and what the
// device did for them, which CUPTI tells. One at a time in a process.

/** Begins to trace; returns why it could not, or nothing. */
std::string beginTrace();

/** Ends the trace: {texts, events}, as src/device-trace.ts describes; or a string: why there is none. */
napi_value endTrace(Session& session);

/** Waits for what the current device was given to do, where there is one. */
void finishDevice();
}  // namespace trainer
