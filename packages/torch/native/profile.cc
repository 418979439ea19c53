#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "convert.h"
#include "device-trace.h"
#include "guard.h"
#include "kernels/work.h"
#include "profile-rules.h"
#include "session.h"

namespace trainer {

// Time of a piece of work by operator: libtorch reports the begin and end of every operator, those of gradients and
// this project's own included. A device's part comes from a trace beside it.

namespace {

using namespace profiling;

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Totals {
  int64_t calls = 0;
  int64_t nanoseconds = 0;  // without the operators that it calls
  double flops = 0;
  double bytes = 0;
};

struct Profile {
  std::mutex mutex;  // gradients of a device's tensors are computed in a thread of the autograd engine
  std::map<std::pair<std::string, std::string>, Totals> totals;
  at::CallbackHandle handle = 0;
  bool traced = false;
  std::string untraced;  // why there is no trace
  int64_t began = 0;
};

struct Frame : at::ObserverContext {
  std::shared_ptr<Profile> profile;
  std::string name;
  std::string shape;
  int64_t began = 0;
  int64_t inner = 0;      // nanoseconds of the operators within
  double innerBytes = 0;  // counted there: not once more here
  bool folded = false;    // within one that is a whole: part of it
  double flops = 0;
  double bytes = 0;
};

std::mutex currentMutex;
std::shared_ptr<Profile> current;  // the one that is being taken in this process

std::shared_ptr<Profile> exchangeCurrent(std::shared_ptr<Profile> next) {
  const std::lock_guard<std::mutex> lock(currentMutex);
  if (next && current) throw Refusal("ARGUMENT", "a profile is being taken already");
  std::swap(current, next);
  return next;
}

std::shared_ptr<Profile> currentProfile() {
  const std::lock_guard<std::mutex> lock(currentMutex);
  return current;
}

thread_local std::vector<Frame*> openFrames;  // this thread's, the innermost last

double bytesOf(const at::Tensor& t) {
  if (!t.defined()) return 0;
  // What an expanded tensor repeats is in memory once.
  double elements = 1;
  for (int64_t d = 0; d < t.dim(); ++d) elements *= t.stride(d) == 0 ? 1.0 : static_cast<double>(t.size(d));
  return elements * static_cast<double>(t.element_size());
}

double bytesOf(const c10::IValue& value) {
  if (value.isTensor()) return bytesOf(value.toTensor());
  double sum = 0;
  if (value.isTensorList())
    for (const at::Tensor& t : value.toTensorVector()) sum += bytesOf(t);
  return sum;
}

template <typename Values>
double sumOf(const Values& values) {
  double sum = 0;
  for (const c10::IValue& value : values) sum += bytesOf(value);
  return sum;
}

/** Bytes read, and those written in place if the operator does not return them. Views and empty memory: none. */
double bytesTaken(const at::RecordFunction& fn, const std::string& name) {
  if (startsWith(name, "aten::empty") || startsWith(name, "aten::new_empty") || startsWith(name, "autograd::"))
    return 0;
  double bytes = sumOf(fn.inputs());
  const auto schema = fn.operator_schema();
  if (!schema) return bytes;
  const auto& arguments = schema->arguments();
  for (size_t i = 0; i < arguments.size() && i < fn.inputs().size(); ++i) {
    if (arguments[i].alias_info() == nullptr) continue;
    if (!arguments[i].alias_info()->isWrite()) return 0;
    if (schema->returns().empty()) bytes += bytesOf(fn.inputs()[i]);
  }
  return bytes;
}

const at::Tensor* tensorAt(c10::ArrayRef<const c10::IValue> inputs, size_t i) {
  return i < inputs.size() && inputs[i].isTensor() && inputs[i].toTensor().defined() ? &inputs[i].toTensor() : nullptr;
}

/** Multiplications and additions of a matrix product. */
void countProduct(Frame& frame, c10::ArrayRef<const c10::IValue> inputs, size_t first) {
  const at::Tensor* a = tensorAt(inputs, first);
  const at::Tensor* b = tensorAt(inputs, first + 1);
  if (a == nullptr || b == nullptr) return;
  const auto size = productSize(a->sizes(), b->sizes());
  if (!size) return;
  frame.flops = size->flops();
  frame.shape = size->text();
}

/** Counts attention over (B, H, T, D): two products forward, five for its gradient, half of each if causal. */
void countAttention(Frame& frame, const at::RecordFunction& fn) {
  const auto schema = fn.operator_schema();
  if (!schema) return;
  const auto argument = [&](const char* name) { return schema->argumentIndexWithName(name); };
  const auto query = argument("query"), key = argument("key"), causal = argument("is_causal");
  if (!query || !key || !causal) return;
  const at::Tensor* q = tensorAt(fn.inputs(), static_cast<size_t>(*query));
  const at::Tensor* k = tensorAt(fn.inputs(), static_cast<size_t>(*key));
  if (q == nullptr || k == nullptr || q->dim() != 4 || k->dim() != 4) return;
  const auto& isCausal = fn.inputs()[static_cast<size_t>(*causal)];
  const double products = frame.name.find("_backward") == std::string::npos ? 2 : 5;
  const double part = isCausal.isBool() && isCausal.toBool() ? 0.5 : 1;
  frame.flops = part * products * 2.0 * static_cast<double>(q->numel()) * static_cast<double>(k->size(2));
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& fn) {
  auto profile = currentProfile();
  if (!profile) return nullptr;
  auto frame = std::make_unique<Frame>();
  frame->profile = std::move(profile);
  frame->name = rowName(fn.name());
  frame->folded = !openFrames.empty() && (openFrames.back()->folded || isWhole(openFrames.back()->name));
  if (!frame->folded) {
    if (const auto first = firstFactor(frame->name)) countProduct(*frame, fn.inputs(), *first);
    if (isAttention(frame->name)) countAttention(*frame, fn);
    frame->bytes = bytesTaken(fn, frame->name);
  }
  frame->began = now();
  openFrames.push_back(frame.get());
  return frame;
}

void end(const at::RecordFunction& fn, at::ObserverContext* context) {
  auto* frame = static_cast<Frame*>(context);
  if (frame == nullptr) return;
  // An operator that threw takes those with it that it had begun.
  while (!openFrames.empty() && openFrames.back() != frame) openFrames.pop_back();
  if (openFrames.empty()) return;
  openFrames.pop_back();
  if (frame->folded) return;
  const int64_t took = now() - frame->began;
  const double moved = frame->bytes == 0 ? 0 : frame->bytes + sumOf(fn.outputs());
  const double bytes = std::max(0.0, moved - frame->innerBytes);
  if (!openFrames.empty()) {
    Frame& outer = *openFrames.back();
    outer.inner += took;
    outer.innerBytes += bytes + frame->innerBytes;
  }
  const std::lock_guard<std::mutex> lock(frame->profile->mutex);
  Totals& totals = frame->profile->totals[{frame->name, frame->shape}];
  ++totals.calls;
  totals.nanoseconds += took - frame->inner;
  totals.flops += frame->flops;
  totals.bytes += bytes;
}

/**
 * profileBegin(trace): from now on the operators of this thread are observed, and of those that compute gradients for
 * it; the work of the device too, if it is to be traced.
 */
napi_value profileBegin(Session& session, napi_value* argv, size_t argc) {
  const auto profile = std::make_shared<Profile>();
  profile->traced = argc > 0 && toBool(session.env, argv[0]);
  if (profile->traced) finishDevice();  // what was handed over before is not counted
  exchangeCurrent(profile);
  if (profile->traced) profile->untraced = beginTrace();
  profile->handle =
      at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                     .needsInputs(true)
                                     .needsOutputs(true)
                                     .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
  profile->began = now();
  return undefinedValue(session.env);
}

napi_value rowsOf(napi_env env, Profile& profile) {
  const std::lock_guard<std::mutex> lock(profile.mutex);
  napi_value list;
  check(env, napi_create_array_with_length(env, profile.totals.size(), &list));
  uint32_t i = 0;
  for (const auto& [key, totals] : profile.totals) {
    const napi_value fields[] = {
        fromString(env, key.first),       fromString(env, key.second),   fromInt(env, totals.calls),
        fromInt(env, totals.nanoseconds), fromDouble(env, totals.flops), fromDouble(env, totals.bytes),
    };
    napi_value row;
    check(env, napi_create_array_with_length(env, std::size(fields), &row));
    for (uint32_t j = 0; j < std::size(fields); ++j) check(env, napi_set_element(env, row, j, fields[j]));
    check(env, napi_set_element(env, list, i++, row));
  }
  return list;
}

/**
 * profileEnd() -> [nanoseconds, [[name, shape, calls, nanoseconds, flops, bytes], ...], trace], where the trace is as
 * src/device-trace.ts describes it, or a string with the reason for its absence, or null if none was begun
 */
napi_value profileEnd(Session& session, napi_value*, size_t) {
  const auto taken = exchangeCurrent(nullptr);
  if (!taken) throw Refusal("ARGUMENT", "no profile is being taken");
  napi_env env = session.env;
  at::removeCallback(taken->handle);
  std::string failed;
  try {
    if (taken->traced) finishDevice();
  } catch (const std::exception& e) {
    failed = e.what();  // the trace must end all the same
  }
  const int64_t took = now() - taken->began;
  napi_value trace;
  check(env, napi_get_null(env, &trace));
  if (taken->traced) trace = taken->untraced.empty() ? endTrace(session) : fromString(env, taken->untraced);
  if (!failed.empty()) trace = fromString(env, failed);
  const napi_value fields[] = {fromInt(env, took), rowsOf(env, *taken), trace};
  napi_value result;
  check(env, napi_create_array_with_length(env, std::size(fields), &result));
  for (uint32_t i = 0; i < std::size(fields); ++i) check(env, napi_set_element(env, result, i, fields[i]));
  return result;
}

}  // namespace

void tellFlops(double flops) {
  if (!openFrames.empty()) openFrames.back()->flops += flops;
}

void defineProfile(Session& session, napi_value exports) {
  define(session, exports, "profileBegin", profileBegin);
  define(session, exports, "profileEnd", profileEnd);
}
}  // namespace trainer
