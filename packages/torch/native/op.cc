#include <ATen/core/List.h>

#include <cstring>

#include "convert.h"
#include "guard.h"
#include "operator.h"

namespace trainer {
namespace {
using c10::TypeKind;

bool kindOf(const c10::Type& type, Kind* kind) {
  switch (type.kind()) {
    case TypeKind::TensorType:
      *kind = Kind::Tensor;
      return true;
    case TypeKind::GeneratorType:
      *kind = Kind::Generator;
      return true;
    case TypeKind::IntType:
      *kind = Kind::Int;
      return true;
    case TypeKind::SymIntType:
      *kind = Kind::SymInt;
      return true;
    case TypeKind::FloatType:
      *kind = Kind::Float;
      return true;
    case TypeKind::BoolType:
      *kind = Kind::Bool;
      return true;
    case TypeKind::NumberType:
      *kind = Kind::Scalar;
      return true;
    case TypeKind::StringType:
      *kind = Kind::String;
      return true;
    case TypeKind::ScalarTypeType:
      *kind = Kind::ScalarType;
      return true;
    case TypeKind::LayoutType:
      *kind = Kind::Layout;
      return true;
    case TypeKind::DeviceObjType:
      *kind = Kind::Device;
      return true;
    case TypeKind::MemoryFormatType:
      *kind = Kind::MemoryFormat;
      return true;
    case TypeKind::ListType: {
      const auto& element = *type.castRaw<c10::ListType>()->getElementType();
      if (element.kind() == TypeKind::OptionalType) {
        *kind = Kind::OptionalTensorList;
        return element.castRaw<c10::OptionalType>()->getElementType()->kind() == TypeKind::TensorType;
      }
      Kind of;
      if (!kindOf(element, &of)) return false;
      switch (of) {
        case Kind::Tensor:
          *kind = Kind::TensorList;
          return true;
        case Kind::Int:
          *kind = Kind::IntList;
          return true;
        case Kind::SymInt:
          *kind = Kind::SymIntList;
          return true;
        case Kind::Float:
          *kind = Kind::FloatList;
          return true;
        case Kind::Bool:
          *kind = Kind::BoolList;
          return true;
        case Kind::Scalar:
          *kind = Kind::ScalarList;
          return true;
        default:
          return false;
      }
    }
    default:
      return false;
  }
}

std::vector<Argument> planOf(const c10::FunctionSchema& schema) {
  std::vector<Argument> plan;
  for (const auto& argument : schema.arguments()) {
    Argument a;
    a.name = argument.name();
    const c10::Type* type = argument.real_type().get();
    if (type->kind() == TypeKind::OptionalType) {
      a.optional = true;
      type = type->castRaw<c10::OptionalType>()->getElementType().get();
    }
    if (!kindOf(*type, &a.kind)) {
      throw Refusal("OPERATOR",
                    "argument \"" + a.name + "\" is of type " + type->str() + ", which this binding does not pass");
    }
    a.written = argument.alias_info() && argument.alias_info()->isWrite();
    a.repeat = argument.N().value_or(0);
    a.hasDefault = argument.default_value().has_value();
    if (a.hasDefault) a.fallback = *argument.default_value();
    plan.push_back(std::move(a));
  }
  if (plan.size() > kMaxArguments) throw Refusal("OPERATOR", "the operator has more than 32 arguments");
  return plan;
}

c10::IValue listValue(Session& session, const Argument& argument, napi_value value) {
  napi_env env = session.env;
  const uint32_t n = arrayLength(env, value);
  switch (argument.kind) {
    case Kind::TensorList: {
      c10::List<at::Tensor> list;
      list.reserve(n);
      for (uint32_t i = 0; i < n; ++i) list.push_back(session.tensor(elementOf(env, value, i)));
      return list;
    }
    case Kind::OptionalTensorList: {
      c10::List<std::optional<at::Tensor>> list;
      list.reserve(n);
      for (uint32_t i = 0; i < n; ++i) {
        napi_value element = elementOf(env, value, i);
        if (isNothing(env, element)) {
          list.push_back(std::nullopt);
        } else {
          list.push_back(session.tensor(element));
        }
      }
      return list;
    }
    case Kind::FloatList: {
      c10::List<double> list;
      for (uint32_t i = 0; i < n; ++i) list.push_back(toDouble(env, elementOf(env, value, i)));
      return list;
    }
    case Kind::BoolList: {
      c10::List<bool> list;
      for (uint32_t i = 0; i < n; ++i) list.push_back(toBool(env, elementOf(env, value, i)));
      return list;
    }
    default: {
      auto list = c10::impl::GenericList(c10::NumberType::get());
      for (uint32_t i = 0; i < n; ++i) list.push_back(c10::IValue(toScalar(env, elementOf(env, value, i))));
      return list;
    }
  }
}

c10::IValue convert(Session& session, const Argument& argument, napi_value value) {
  napi_env env = session.env;
  switch (argument.kind) {
    case Kind::Tensor:
      return session.tensor(value);
    case Kind::Generator:
      return session.generator(value);
    case Kind::Int:
    case Kind::SymInt:
      return toInt(env, value);
    case Kind::Float:
      return toDouble(env, value);
    case Kind::Bool:
      return toBool(env, value);
    case Kind::Scalar:
      return toScalar(env, value);
    case Kind::String:
      return toString(env, value);
    case Kind::IntList:
    case Kind::SymIntList: {
      double one;
      if (argument.repeat > 0 && napi_get_value_double(env, value, &one) == napi_ok) {
        return std::vector<int64_t>(static_cast<size_t>(argument.repeat), toInt(env, value));
      }
      return toInts(env, value);
    }
    case Kind::ScalarType:
      return static_cast<int64_t>(toScalarType(env, value));
    case Kind::Layout:
      if (toString(env, value) != "strided")
        throw Refusal("ARGUMENT", "expected the layout \"strided\", the only one there is here");
      return static_cast<int64_t>(c10::Layout::Strided);
    case Kind::Device:
      return toDevice(env, value);
    case Kind::MemoryFormat:
      return static_cast<int64_t>(toMemoryFormat(env, value));
    default:
      return listValue(session, argument, value);
  }
}

napi_value result(Session& session, const c10::IValue& value) {
  napi_env env = session.env;
  if (value.isTensor()) return session.wrap(value.toTensor());
  if (value.isInt()) return fromInt(env, value.toInt());
  if (value.isDouble()) return fromDouble(env, value.toDouble());
  if (value.isBool()) return fromBool(env, value.toBool());
  if (value.isScalar()) return fromDouble(env, value.toScalar().toDouble());
  if (value.isIntList()) return toArray(env, value.toIntVector());
  if (value.isTensorList()) {
    const auto list = value.toTensorList();
    napi_value array;
    check(env, napi_create_array_with_length(env, list.size(), &array));
    for (size_t i = 0; i < list.size(); ++i) {
      check(env, napi_set_element(env, array, static_cast<uint32_t>(i), session.wrap(list.get(i))));
    }
    return array;
  }
  return undefinedValue(env);
}

/**
 * Kinds of results that JavaScript wraps: T a tensor, L a list of them, S its own first argument, '.' a plain value;
 * one character a result.
 */
std::string returnKinds(const c10::FunctionSchema& schema) {
  std::string kinds;
  for (const auto& r : schema.returns()) {
    Kind kind;
    const bool known = kindOf(*r.real_type(), &kind);
    kinds += known && kind == Kind::Tensor ? 'T' : known && kind == Kind::TensorList ? 'L' : '.';
  }
  const auto* alias = kinds == "T" ? schema.returns()[0].alias_info() : nullptr;
  if (alias && alias->isWrite() && !schema.arguments().empty()) {
    const auto* first = schema.arguments()[0].alias_info();
    if (first && first->isWrite() && first->beforeSet() == alias->beforeSet()) return "S";
  }
  return kinds;
}

std::string argumentKinds(const Operator& op) {
  std::string kinds;
  for (const auto& a : op.arguments) {
    const bool handle = a.kind == Kind::Tensor || a.kind == Kind::TensorList || a.kind == Kind::OptionalTensorList ||
                        a.kind == Kind::Generator;
    kinds += handle ? static_cast<char>(a.kind) : '.';
  }
  return kinds;
}

Shapes shapesOf(Session& session, const Operator& op, napi_value* argv, size_t argc) {
  Shapes shapes;
  for (size_t i = 0; i < op.arguments.size() && i < argc; ++i) {
    double handle;
    if (op.arguments[i].kind != Kind::Tensor || napi_get_value_double(session.env, argv[i], &handle) != napi_ok)
      continue;
    if (const at::Tensor* t = session.tensors.find(static_cast<int64_t>(handle))) shapes.push_back(t->sizes().vec());
  }
  return shapes;
}

napi_value callOperator(napi_env env, napi_callback_info info) {
  napi_value argv[kMaxArguments];
  size_t argc = kMaxArguments;
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &argc, argv, nullptr, &data) != napi_ok) return nullptr;
  auto& op = *static_cast<Operator*>(data);
  return guarded(
      op.session, op.name,
      [&] {
        if (argc > op.arguments.size()) {
          throw Refusal("ARGUMENT",
                        "takes " + std::to_string(op.arguments.size()) + " arguments, got " + std::to_string(argc));
        }
        return op.call(argv, argc);
      },
      [&] { return shapesOf(op.session, op, argv, argc); });
}

/** resolve(name) -> [function, argument kinds, return kinds, argument names, schema] */
napi_value resolveNamed(Session& session, const std::string& name) {
  napi_env env = session.env;
  const size_t colons = name.find("::");
  const size_t dot = name.find('.', colons == std::string::npos ? 0 : colons);
  const c10::OperatorName full(name.substr(0, dot), dot == std::string::npos ? "" : name.substr(dot + 1));
  auto handle = c10::Dispatcher::singleton().findSchema(full);
  if (!handle) {
    std::string known;
    for (const auto& other : c10::Dispatcher::singleton().getAllOpNames()) {
      if (other.name == full.name) known += (known.empty() ? "" : ", ") + c10::toString(other);
    }
    throw Refusal("OPERATOR", "libtorch has no such operator" + (known.empty() ? "" : "; there are " + known));
  }
  const auto& schema = handle->schema();
  auto plain = std::make_unique<Operator>(session, name, *handle, planOf(schema));
  const std::string returns = returnKinds(schema);
  plain->returnsSelf = returns == "S";
  auto fast = unboxed(*plain);
  session.operators.push_back(fast ? std::move(fast) : std::move(plain));
  Operator& op = *session.operators.back();

  napi_value function, list, names;
  check(env, napi_create_function(env, name.data(), name.size(), callOperator, &op, &function));
  check(env, napi_create_array_with_length(env, op.arguments.size(), &names));
  for (size_t i = 0; i < op.arguments.size(); ++i) {
    check(env, napi_set_element(env, names, static_cast<uint32_t>(i), fromString(env, op.arguments[i].name)));
  }
  check(env, napi_create_object(env, &list));
  check(env, napi_set_named_property(env, list, "call", function));
  check(env, napi_set_named_property(env, list, "arguments", fromString(env, argumentKinds(op))));
  check(env, napi_set_named_property(env, list, "returns", fromString(env, returns)));
  check(env, napi_set_named_property(env, list, "names", names));
  check(env, napi_set_named_property(env, list, "schema", fromString(env, c10::toString(schema))));
  return list;
}
napi_value resolve(Session& session, napi_value* argv, size_t argc) {
  if (argc < 1) throw Refusal("ARGUMENT", "expected an operator's name");
  const std::string name = toString(session.env, argv[0]);
  return guarded(session, name, [&] { return resolveNamed(session, name); });
}
}  // namespace

void refuseArgument(const Argument& argument, size_t position, const std::string& why) {
  throw Refusal("ARGUMENT", "argument " + std::to_string(position + 1) + " (" + argument.name + "): " + why);
}

c10::IValue argumentValue(Session& session, const Argument& argument, napi_value value) {
  napi_valuetype type;
  check(session.env, napi_typeof(session.env, value, &type));
  if (type == napi_undefined && argument.hasDefault) return argument.fallback;
  if ((type == napi_undefined || type == napi_null) && argument.optional) return c10::IValue();
  return convert(session, argument, value);
}

napi_value Operator::call(napi_value* argv, size_t argc) {
  torch::jit::Stack stack;
  stack.reserve(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Argument& a = arguments[i];
    if (i >= argc) {
      if (a.hasDefault) {
        stack.push_back(a.fallback);
      } else if (a.optional) {
        stack.emplace_back();
      } else {
        refuseArgument(a, i, "is missing");
      }
      continue;
    }
    try {
      stack.push_back(argumentValue(session, a, argv[i]));
    } catch (const Refusal& e) {
      if (!std::strcmp(e.code(), "ARGUMENT")) refuseArgument(a, i, e.what());
      throw;
    }
  }
  handle.callBoxed(stack);
  if (returnsSelf || stack.empty()) return undefinedValue(session.env);
  if (stack.size() == 1) return result(session, stack[0]);
  napi_value list;
  check(session.env, napi_create_array_with_length(session.env, stack.size(), &list));
  for (size_t i = 0; i < stack.size(); ++i) {
    check(session.env, napi_set_element(session.env, list, static_cast<uint32_t>(i), result(session, stack[i])));
  }
  return list;
}

void defineOperators(Session& session, napi_value exports) { define(session, exports, "resolve", resolve); }
}  // namespace trainer
