#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include "convert.h"
#include "guard.h"
#include "session.h"

namespace trainer {
namespace {
at::Tensor& self(Session& session, napi_value* argv, size_t argc, size_t index = 0) {
  if (argc <= index) throw Refusal("ARGUMENT", "expected a Tensor, got nothing");
  return session.tensor(argv[index]);
}

napi_value shape(Session& session, napi_value* argv, size_t argc) {
  return toArray(session.env, self(session, argv, argc).sizes());
}

napi_value dtype(Session& session, napi_value* argv, size_t argc) {
  return fromString(session.env, nameOf(self(session, argv, argc).scalar_type()));
}

napi_value device(Session& session, napi_value* argv, size_t argc) {
  return fromString(session.env, self(session, argv, argc).device().str());
}

napi_value ndim(Session& session, napi_value* argv, size_t argc) {
  return fromInt(session.env, self(session, argv, argc).dim());
}

napi_value numel(Session& session, napi_value* argv, size_t argc) {
  return fromInt(session.env, self(session, argv, argc).numel());
}

napi_value size(Session& session, napi_value* argv, size_t argc) {
  const at::Tensor& t = self(session, argv, argc);
  if (argc < 2) throw Refusal("ARGUMENT", "expected a dimension");
  return fromInt(session.env, t.size(toInt(session.env, argv[1])));
}

napi_value isContiguous(Session& session, napi_value* argv, size_t argc) {
  return fromBool(session.env, self(session, argv, argc).is_contiguous());
}

napi_value requiresGrad(Session& session, napi_value* argv, size_t argc) {
  return fromBool(session.env, self(session, argv, argc).requires_grad());
}

napi_value setRequiresGrad(Session& session, napi_value* argv, size_t argc) {
  const at::Tensor& t = self(session, argv, argc);
  const bool on = argc > 1 && toBool(session.env, argv[1]);
  if (!on && !t.is_leaf()) {
    throw Refusal("ARGUMENT", "only a leaf can stop requiring a gradient; detach() gives a tensor that needs none");
  }
  if (on && !torch::autograd::isDifferentiableType(t.scalar_type())) {
    throw Refusal("ARGUMENT", std::string("only floating-point tensors can require a gradient; this is ") +
                                  nameOf(t.scalar_type()));
  }
  t.set_requires_grad(on);
  return undefinedValue(session.env);
}

napi_value grad(Session& session, napi_value* argv, size_t argc) {
  const at::Tensor& t = self(session, argv, argc);
  // Asking what is no leaf makes libtorch print a warning; there is nothing to find.
  return session.wrap(t.is_leaf() || t.retains_grad() ? t.grad() : at::Tensor());
}

napi_value setGrad(Session& session, napi_value* argv, size_t argc) {
  at::Tensor& t = self(session, argv, argc);
  if (argc < 2 || isNothing(session.env, argv[1])) {
    t.mutable_grad().reset();
    return undefinedValue(session.env);
  }
  const at::Tensor& g = self(session, argv, argc, 1);
  if (!t.sizes().equals(g.sizes()) || t.scalar_type() != g.scalar_type() || t.device() != g.device()) {
    const auto text = [](const at::Tensor& x) {
      return std::string(nameOf(x.scalar_type())) + " " + c10::str(x.sizes()) + " on " + x.device().str();
    };
    throw Refusal("SHAPE", "a gradient must be like its tensor, " + text(t) + "; got " + text(g));
  }
  if (t.is_same(g)) throw Refusal("ARGUMENT", "a tensor cannot be its own gradient");
  t.mutable_grad() = g;
  return undefinedValue(session.env);
}

/** backward(loss, gradient | null, retainGraph) */
napi_value backward(Session& session, napi_value* argv, size_t argc) {
  const at::Tensor& t = self(session, argv, argc);
  std::vector<at::Tensor> gradients;
  if (argc > 1 && !isNothing(session.env, argv[1])) gradients.push_back(session.tensor(argv[1]));
  const bool retain = argc > 2 && toBool(session.env, argv[2]);
  torch::autograd::backward({t}, gradients, retain);
  return undefinedValue(session.env);
}

/** gradients(output, inputs[], retainGraph) -> handles; null where the output does not depend on the input */
napi_value gradients(Session& session, napi_value* argv, size_t argc) {
  const at::Tensor t = self(session, argv, argc);
  if (argc < 2) throw Refusal("ARGUMENT", "expected the tensors to differentiate by");
  napi_env env = session.env;
  const uint32_t n = arrayLength(env, argv[1]);
  std::vector<at::Tensor> inputs;
  for (uint32_t i = 0; i < n; ++i) inputs.push_back(session.tensor(elementOf(env, argv[1], i)));
  const bool retain = argc > 2 && toBool(env, argv[2]);
  const auto results = torch::autograd::grad({t}, inputs, {}, retain, false, true);
  napi_value list;
  check(env, napi_create_array_with_length(env, results.size(), &list));
  for (size_t i = 0; i < results.size(); ++i)
    check(env, napi_set_element(env, list, static_cast<uint32_t>(i), session.wrap(results[i])));
  return list;
}

napi_value item(Session& session, napi_value* argv, size_t argc) {
  const at::Scalar value = self(session, argv, argc).item();
  if (value.isComplex()) throw Refusal("ARGUMENT", "a complex number has no place in a JavaScript number");
  return fromDouble(session.env, value.toDouble());
}

napi_value setErrorClass(Session& session, napi_value* argv, size_t argc) {
  if (argc < 1) throw Refusal("ARGUMENT", "expected the error class");
  if (session.errorClass) napi_delete_reference(session.env, session.errorClass);
  check(session.env, napi_create_reference(session.env, argv[0], 1, &session.errorClass));
  return undefinedValue(session.env);
}
}  // namespace

void defineTensors(Session& session, napi_value exports) {
  define(session, exports, "shape", shape);
  define(session, exports, "dtype", dtype);
  define(session, exports, "device", device);
  define(session, exports, "ndim", ndim);
  define(session, exports, "numel", numel);
  define(session, exports, "size", size);
  define(session, exports, "isContiguous", isContiguous);
  define(session, exports, "requiresGrad", requiresGrad);
  define(session, exports, "setRequiresGrad", setRequiresGrad);
  define(session, exports, "grad", grad);
  define(session, exports, "setGrad", setGrad);
  define(session, exports, "backward", backward);
  define(session, exports, "gradients", gradients);
  define(session, exports, "item", item);
  define(session, exports, "setErrorClass", setErrorClass);
}
}  // namespace trainer
