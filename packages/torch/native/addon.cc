#include <node_api.h>

#include "cuda.h"
#include "session.h"

NAPI_MODULE_INIT() {
  Cuda::get();
  auto* session = new Session(env);
  napi_set_instance_data(
      env, session, [](napi_env, void* data, void*) { delete static_cast<Session*>(data); }, nullptr);
  defineOperators(*session, exports);
  defineTensors(*session, exports);
  defineBuffers(*session, exports);
  defineScopes(*session, exports);
  defineRandom(*session, exports);
  defineRuntime(*session, exports);
  defineSignals(*session, exports);
  return exports;
}
