#include "device-trace.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <kineto/ActivityType.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "convert.h"
#include "gpus.h"
#include "guard.h"
#include "profile-rules.h"
#include "session.h"

namespace trainer {
namespace {

using libkineto::ActivityType;
using torch::autograd::profiler::KinetoEvent;
namespace impl = torch::profiler::impl;
namespace rules = profiling;

/** As src/device-trace.ts reads them. */
enum Kind : uint8_t { kOperator = 0, kWhole = 1, kCall = 2, kDevice = 3 };

std::optional<Kind> kindOf(const KinetoEvent& event, const std::string& name) {
  switch (static_cast<ActivityType>(event.activityType())) {
    case ActivityType::CPU_OP:
      return rules::isWhole(name) ? kWhole : kOperator;
    case ActivityType::CUDA_RUNTIME:
    case ActivityType::CUDA_DRIVER:
      return kCall;
    case ActivityType::CONCURRENT_KERNEL:
    case ActivityType::GPU_MEMCPY:
    case ActivityType::GPU_MEMSET:
      return kDevice;
    default:  // annotations and overheads say again what the others say
      return std::nullopt;
  }
}

std::string shapeOf(const KinetoEvent& event, const std::string& name) {
  const auto first = rules::firstFactor(name);
  const auto shapes = event.shapes();
  if (!first || shapes.size() < *first + 2) return "";
  const auto size = rules::productSize(shapes[*first], shapes[*first + 1]);
  return size ? size->text() : "";
}

/** Each text once; events hold its place. */
class Texts {
 public:
  uint32_t operator()(const std::string& text) {
    const auto [found, isNew] = places_.emplace(text, static_cast<uint32_t>(list_.size()));
    if (isNew) list_.push_back(text);
    return found->second;
  }
  const std::vector<std::string>& list() const { return list_; }

 private:
  std::unordered_map<std::string, uint32_t> places_;
  std::vector<std::string> list_;
};

/** The trace as JavaScript gets it: kineto itself keeps several hundred bytes an event. */
struct Trace {
  Texts texts;
  std::vector<double> fields;

  void add(const KinetoEvent& event, uint64_t origin) {
    const std::string full = event.name();
    const auto kind = kindOf(event, full);
    if (!kind) return;
    const std::string name = rules::rowName(full);
    const std::string shape = *kind == kOperator || *kind == kWhole ? shapeOf(event, name) : "";
    // Nanoseconds since 1970 are more than a double holds.
    const auto since = [origin](uint64_t ns) { return static_cast<double>(static_cast<int64_t>(ns - origin)); };
    fields.insert(fields.end(), {
                                    static_cast<double>(*kind),
                                    static_cast<double>(texts(name)),
                                    shape.empty() ? -1 : static_cast<double>(texts(shape)),
                                    static_cast<double>(event.startThreadId()),
                                    since(event.startNs()),
                                    since(event.endNs()),
                                    static_cast<double>(event.correlationId()),
                                    static_cast<double>(event.linkedCorrelationId()),
                                });
  }
};

napi_value toObject(napi_env env, const Trace& trace) {
  const std::vector<std::string>& list = trace.texts.list();
  napi_value object, texts, events;
  void* memory = nullptr;
  check(env, napi_create_object(env, &object));
  check(env, napi_create_array_with_length(env, list.size(), &texts));
  for (uint32_t i = 0; i < list.size(); ++i) check(env, napi_set_element(env, texts, i, fromString(env, list[i])));
  check(env, napi_create_arraybuffer(env, trace.fields.size() * sizeof(double), &memory, &events));
  if (!trace.fields.empty()) std::memcpy(memory, trace.fields.data(), trace.fields.size() * sizeof(double));
  check(env, napi_set_named_property(env, object, "texts", texts));
  check(env, napi_set_named_property(env, object, "events", events));
  return object;
}

}  // namespace

std::string beginTrace() {
  try {
    setenv("KINETO_LOG_LEVEL", "9", 0);  // above all that kineto has: it writes to stderr at each beginning and end
    std::set<impl::ActivityType> activities{impl::ActivityType::CPU};
    if (Cuda::get().available()) activities.insert(impl::ActivityType::CUDA);
    const impl::ProfilerConfig config(impl::ProfilerState::KINETO, /*report_input_shapes=*/true);
    torch::autograd::profiler::prepareProfiler(config, activities);
    torch::autograd::profiler::enableProfiler(config, activities);
    return "";
  } catch (const std::exception& e) {
    return e.what();
  }
}

napi_value endTrace(Session& session) {
  Trace trace;
  try {
    const auto result = torch::autograd::profiler::disableProfiler();
    for (const KinetoEvent& event : result->events()) trace.add(event, result->trace_start_ns());
  } catch (const std::exception& e) {
    return fromString(session.env, e.what());
  }
  return toObject(session.env, trace);
}

void finishDevice() {
  if (!Cuda::get().available()) return;
  const auto& hooks = at::detail::getCUDAHooks();
  hooks.deviceSynchronize(hooks.current_device());
}
}  // namespace trainer
