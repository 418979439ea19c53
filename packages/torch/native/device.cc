#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "convert.h"
#include "guard.h"
#include "session.h"

namespace trainer {

// Work that a device is given and the host does not wait for. c10's interfaces know no CUDA, so neither does this file.

namespace {
c10::Device deviceOf(Session& session, napi_value* argv, size_t argc) {
  if (argc < 1) throw Refusal("ARGUMENT", "expected a device");
  return toDevice(session.env, argv[0]);
}

std::unique_ptr<c10::Event>& event(Session& session, napi_value* argv, size_t argc) {
  const int64_t handle = argc > 0 ? handleIn(session.env, argv[0]) : 0;
  if (auto* found = session.events.find(handle)) return *found;
  throw Refusal("DISPOSED", "the event is disposed");
}

/** recordEvent(device) -> handle: marks the work that the device has been given so far. */
napi_value recordEvent(Session& session, napi_value* argv, size_t argc) {
  const c10::Device device = deviceOf(session, argv, argc);
  std::unique_ptr<c10::Event> made;  // none on a CPU, which is done with what it was given
  if (device.is_cuda()) {
    made = std::make_unique<c10::Event>(device.type());
    made->record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
  }
  const int64_t handle = session.events.insert(std::move(made), 0);
  if (handle == 0) throw Refusal("OUT_OF_MEMORY", "there are too many events");
  return fromInt(session.env, handle);
}

/** waitEvent(handle): until that work is done. */
napi_value waitEvent(Session& session, napi_value* argv, size_t argc) {
  if (const auto& recorded = event(session, argv, argc)) recorded->synchronize();
  return undefinedValue(session.env);
}

napi_value disposeEvent(Session& session, napi_value* argv, size_t argc) {
  return fromBool(session.env, argc > 0 && session.events.erase(handleIn(session.env, argv[0])));
}

/** emptyCache(device): gives back what its allocator holds for reuse. */
napi_value emptyCache(Session& session, napi_value* argv, size_t argc) {
  const c10::Device device = deviceOf(session, argv, argc);
  if (device.is_cuda()) c10::getDeviceAllocator(device.type())->emptyCache();
  return undefinedValue(session.env);
}
}  // namespace

void defineDevice(Session& session, napi_value exports) {
  define(session, exports, "recordEvent", recordEvent);
  define(session, exports, "waitEvent", waitEvent);
  define(session, exports, "disposeEvent", disposeEvent);
  define(session, exports, "emptyCache", emptyCache);
}
}  // namespace trainer
