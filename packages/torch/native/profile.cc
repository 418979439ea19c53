#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convert.h"
#include "guard.h"
#include "kernels/work.h"
#include "session.h"

// Where the time of a piece of work goes: libtorch tells of every operator that begins and ends, those of gradients
// and this project's own among them.

namespace {

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

struct Frame : at::ObserverContext {
  std::string name;
  std::string shape;
  int64_t began = 0;
  int64_t inner = 0;      // nanoseconds of the operators within
  double innerBytes = 0;  // counted there: not once more here
  bool folded = false;    // within a product: part of it
  double flops = 0;
  double bytes = 0;
};

struct Profile {
  std::map<std::pair<std::string, std::string>, Totals> totals;
  std::vector<Frame*> open;
  at::CallbackHandle handle = 0;
};

thread_local std::unique_ptr<Profile> profile;

constexpr std::string_view kProduct = "trainer::product";

bool startsWith(const std::string& text, std::string_view start) { return text.compare(0, start.size(), start) == 0; }

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

/** What is read; what is written in place, where the operator does not give it back. Views and empty memory: nothing.
 */
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

/** Multiplications and additions of a matrix product whose factors are the inputs `first` and `first` + 1. */
void countProduct(Frame& frame, c10::ArrayRef<const c10::IValue> inputs, size_t first) {
  const at::Tensor* a = tensorAt(inputs, first);
  const at::Tensor* b = tensorAt(inputs, first + 1);
  if (a == nullptr || b == nullptr || a->dim() < 2 || b->dim() < 2) return;
  const int64_t rows = a->numel() / a->size(-1), depth = a->size(-1), columns = b->size(-1);
  frame.flops = 2.0 * static_cast<double>(rows) * static_cast<double>(depth) * static_cast<double>(columns);
  frame.shape = std::to_string(rows) + " x " + std::to_string(depth) + " x " + std::to_string(columns);
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& fn) {
  if (!profile) return nullptr;
  auto frame = std::make_unique<Frame>();
  frame->name = fn.name();
  if (startsWith(frame->name, "autograd::engine::evaluate_function")) frame->name = "autograd::engine";
  frame->folded = !profile->open.empty() && (profile->open.back()->folded || profile->open.back()->name == kProduct);
  const auto inputs = fn.inputs();
  if (!frame->folded) {
    if (frame->name == "aten::mm" || frame->name == "aten::bmm") countProduct(*frame, inputs, 0);
    if (frame->name == "aten::addmm" || frame->name == "aten::baddbmm" || frame->name == kProduct)
      countProduct(*frame, inputs, 1);
  }
  frame->bytes = frame->folded ? 0 : bytesTaken(fn, frame->name);
  frame->began = now();
  profile->open.push_back(frame.get());
  return frame;
}

void end(const at::RecordFunction& fn, at::ObserverContext* context) {
  auto* frame = static_cast<Frame*>(context);
  if (!profile || frame == nullptr) return;
  // An operator that threw takes those with it that it had begun.
  while (!profile->open.empty() && profile->open.back() != frame) profile->open.pop_back();
  if (profile->open.empty()) return;
  profile->open.pop_back();
  if (frame->folded) return;
  const int64_t took = now() - frame->began;
  const double moved = frame->bytes == 0 ? 0 : frame->bytes + sumOf(fn.outputs());
  const double bytes = std::max(0.0, moved - frame->innerBytes);
  if (!profile->open.empty()) {
    Frame& outer = *profile->open.back();
    outer.inner += took;
    outer.innerBytes += bytes + frame->innerBytes;
  }
  Totals& totals = profile->totals[{frame->name, frame->shape}];
  ++totals.calls;
  totals.nanoseconds += took - frame->inner;
  totals.flops += frame->flops;
  totals.bytes += bytes;
}

// profileBegin(): from now on the operators of this thread are observed.
napi_value profileBegin(Session& session, napi_value*, size_t) {
  if (profile) throw Refusal("ARGUMENT", "a profile is being taken already");
  profile = std::make_unique<Profile>();
  profile->handle =
      at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                     .needsInputs(true)
                                     .needsOutputs(true)
                                     .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
  return undefinedValue(session.env);
}

// profileEnd() -> [[name, shape, calls, nanoseconds, flops, bytes], ...]
napi_value profileEnd(Session& session, napi_value*, size_t) {
  if (!profile) throw Refusal("ARGUMENT", "no profile is being taken");
  at::removeCallback(profile->handle);
  const auto taken = std::move(profile);
  napi_env env = session.env;
  napi_value list;
  check(env, napi_create_array_with_length(env, taken->totals.size(), &list));
  uint32_t i = 0;
  for (const auto& [key, totals] : taken->totals) {
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

}  // namespace

void trainer::tellFlops(double flops) {
  if (profile && !profile->open.empty()) profile->open.back()->flops += flops;
}

void defineProfile(Session& session, napi_value exports) {
  define(session, exports, "profileBegin", profileBegin);
  define(session, exports, "profileEnd", profileEnd);
}
