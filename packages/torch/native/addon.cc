#include <dlfcn.h>
#include <node_api.h>

#include <memory>

#include "gpus.h"
#include "guard.h"
#include "session.h"

namespace {
/**
 * Node unloads an addon when the last worker that loaded it ends, and libtorch with it, while OpenMP's threads still
 * wait in its code. Once loaded, it stays.
 */
void stayLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&stayLoaded), &info)) dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}
}  // namespace

NAPI_MODULE_INIT() {
  using namespace trainer;
  stayLoaded();
  Cuda::get();
  auto owned = std::make_unique<Session>(env);
  Session& session = *owned;
  return guarded(session, "loading @trainer/torch", [&] {
    const auto deleteSession = [](napi_env, void* data, void*) { delete static_cast<Session*>(data); };
    check(env, napi_set_instance_data(env, owned.get(), deleteSession, nullptr));
    owned.release();  // the environment's own from here on
    defineOperators(session, exports);
    defineTensors(session, exports);
    defineBuffers(session, exports);
    defineScopes(session, exports);
    defineRandom(session, exports);
    defineRuntime(session, exports);
    defineDevice(session, exports);
    defineProfile(session, exports);
    defineSignals(session, exports);
    defineParent(session, exports);
    return exports;
  });
}
