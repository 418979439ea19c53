#pragma once
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <node_api.h>

#include <memory>
#include <vector>

#include "slots.h"

namespace trainer {

struct Definition;
struct Operator;

/**
 * Everything that one JavaScript environment (the main thread or one worker) owns. It is freed with the environment,
 * also when a worker is terminated in the middle of its work.
 */
struct Session {
  explicit Session(napi_env env);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /** A handle for the tensor, owned by the innermost scope; an undefined tensor is null. */
  napi_value wrap(at::Tensor tensor);
  at::Tensor& tensor(napi_value value);
  /** Leaves a tensor to the garbage collector, with its size in memory. */
  void own(int64_t handle);
  void tellCollector();
  at::Generator& generator(napi_value value);

  napi_env env;
  napi_ref errorClass = nullptr;
  Slots<at::Tensor> tensors;
  Slots<at::Generator> generators;
  Slots<std::unique_ptr<c10::Event>> events;
  std::vector<std::vector<int64_t>> scopes;
  std::vector<std::unique_ptr<Operator>> operators;
  std::vector<std::unique_ptr<Definition>> definitions;
};

/** The number a handle is; 0, which none is, for anything else. */
int64_t handleIn(napi_env env, napi_value value);

using Callback = napi_value (*)(Session&, napi_value* argv, size_t argc);

/**
 * Exports a function whose errors are named after it. Bodies throw; nothing but a JS value or a JS error leaves them.
 */
void define(Session& session, napi_value exports, const char* name, Callback body);

void defineOperators(Session& session, napi_value exports);
void defineTensors(Session& session, napi_value exports);
void defineBuffers(Session& session, napi_value exports);
void defineScopes(Session& session, napi_value exports);
void defineRandom(Session& session, napi_value exports);
void defineRuntime(Session& session, napi_value exports);
void defineDevice(Session& session, napi_value exports);
void defineProfile(Session& session, napi_value exports);
void defineSignals(Session& session, napi_value exports);
void defineParent(Session& session, napi_value exports);
}  // namespace trainer
