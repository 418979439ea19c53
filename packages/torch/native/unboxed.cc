#include <cstring>
#include <tuple>
#include <unordered_map>

#include "convert.h"
#include "guard.h"
#include "operator.h"

namespace trainer {

// The hottest signatures, called through the dispatcher's typed handle: no stack of IValues, no reference counts for
// arguments.
namespace {
/** Reader of an argument of a C++ type; `Held` lives for the call. */
template <typename T>
struct Read;

template <>
struct Read<const at::Tensor&> {
  using Held = at::Tensor;  // held, not pointed to: reading a later argument may run JavaScript that disposes this one
  static Held value(Session& session, napi_value v) { return session.tensor(v); }
  static Held fallback(const c10::IValue&) { throw Refusal("ARGUMENT", "is missing"); }
  static const at::Tensor& pass(const Held& held) { return held; }
};

template <>
struct Read<at::Tensor&> {
  using Held = at::Tensor;
  static Held value(Session& session, napi_value v) { return session.tensor(v); }
  static Held fallback(const c10::IValue&) { throw Refusal("ARGUMENT", "is missing"); }
  static at::Tensor& pass(Held& held) { return held; }
};

template <>
struct Read<const std::optional<at::Tensor>&> {
  using Held = std::optional<at::Tensor>;
  static Held value(Session& session, napi_value v) { return session.tensor(v); }
  static Held fallback(const c10::IValue&) { return std::nullopt; }
  static const Held& pass(const Held& held) { return held; }
};

template <>
struct Read<const at::Scalar&> {
  using Held = at::Scalar;
  static Held value(Session& session, napi_value v) { return toScalar(session.env, v); }
  static Held fallback(const c10::IValue& d) { return d.toScalar(); }
  static const Held& pass(const Held& held) { return held; }
};

template <typename T, T (*From)(napi_env, napi_value)>
struct Plain {
  using Held = T;
  static Held value(Session& session, napi_value v) { return From(session.env, v); }
  static Held fallback(const c10::IValue& d) { return d.to<T>(); }
  static T pass(Held held) { return held; }
};
template <>
struct Read<int64_t> : Plain<int64_t, toInt> {};
template <>
struct Read<double> : Plain<double, toDouble> {};
template <>
struct Read<bool> : Plain<bool, toBool> {};

template <>
struct Read<c10::SymInt> {
  using Held = c10::SymInt;
  static Held value(Session& session, napi_value v) { return c10::SymInt(toInt(session.env, v)); }
  static Held fallback(const c10::IValue& d) { return c10::SymInt(d.toInt()); }
  static Held pass(Held held) { return held; }
};

template <>
struct Read<c10::SymIntArrayRef> {
  using Held = std::vector<c10::SymInt>;
  static Held value(Session& session, napi_value v) {
    const std::vector<int64_t> ints = toInts(session.env, v);
    return Held(ints.begin(), ints.end());
  }
  static Held fallback(const c10::IValue&) { throw Refusal("ARGUMENT", "is missing"); }
  static c10::SymIntArrayRef pass(const Held& held) { return held; }
};

template <>
struct Read<std::string_view> {
  using Held = std::string;
  static Held value(Session& session, napi_value v) { return toString(session.env, v); }
  static Held fallback(const c10::IValue& d) { return d.toStringRef(); }
  static std::string_view pass(const Held& held) { return held; }
};

template <>
struct Read<std::optional<c10::ScalarType>> {
  using Held = std::optional<c10::ScalarType>;
  static Held value(Session& session, napi_value v) { return toScalarType(session.env, v); }
  static Held fallback(const c10::IValue&) { return std::nullopt; }
  static Held pass(Held held) { return held; }
};

template <typename T>
typename Read<T>::Held read(Operator& op, size_t i, napi_value* argv, size_t argc) {
  const Argument& a = op.arguments[i];
  try {
    if (i < argc) {
      napi_valuetype type = napi_number;
      if (a.hasDefault || a.optional) check(op.session.env, napi_typeof(op.session.env, argv[i], &type));
      const bool absent = type == napi_undefined || (type == napi_null && a.optional);
      if (!absent) return Read<T>::value(op.session, argv[i]);
    }
    if (!a.hasDefault && !a.optional) throw Refusal("ARGUMENT", "is missing");
    return Read<T>::fallback(a.fallback);
  } catch (const Refusal& e) {
    if (!std::strcmp(e.code(), "ARGUMENT")) refuseArgument(a, i, e.what());
    throw;
  }
}

template <typename Signature>
struct Unboxed;

template <typename Result, typename... Args>
struct Unboxed<Result(Args...)> final : Operator {
  explicit Unboxed(const Operator& op) : Operator(op), typed(op.handle.typed<Result(Args...)>()) {}

  napi_value call(napi_value* argv, size_t argc) override {
    return call(argv, argc, std::index_sequence_for<Args...>());
  }

  template <size_t... I>
  napi_value call(napi_value* argv, size_t argc, std::index_sequence<I...>) {
    std::tuple<typename Read<Args>::Held...> held{read<Args>(*this, I, argv, argc)...};
    if constexpr (std::is_same_v<Result, at::Tensor&>) {
      typed.call(Read<Args>::pass(std::get<I>(held))...);
      return undefinedValue(session.env);
    } else {
      return session.wrap(typed.call(Read<Args>::pass(std::get<I>(held))...));
    }
  }

  c10::TypedOperatorHandle<Result(Args...)> typed;
};

using Make = std::unique_ptr<Operator> (*)(const Operator&);

template <typename Signature>
std::unique_ptr<Operator> make(const Operator& op) {
  return std::make_unique<Unboxed<Signature>>(op);
}

using T = at::Tensor;
using In = const at::Tensor&;
using OptionalIn = const std::optional<at::Tensor>&;
using Out = at::Tensor&;
using Number = const at::Scalar&;

/** Keys are signatureOf(): one letter an argument (Kind), '?' after an optional one, '!' after a written one. */
const std::unordered_map<std::string, Make>& signatures() {
  static const std::unordered_map<std::string, Make> table{
      {"T>T", make<T(In)>},
      {"TT>T", make<T(In, In)>},
      {"TTT>T", make<T(In, In, In)>},
      {"TTs>T", make<T(In, In, Number)>},
      {"Ts>T", make<T(In, Number)>},
      {"Tss>T", make<T(In, Number, Number)>},
      {"TTT?>T", make<T(In, In, OptionalIn)>},
      {"TTTss>T", make<T(In, In, In, Number, Number)>},
      {"TY>T", make<T(In, c10::SymIntArrayRef)>},
      {"Ti>T", make<T(In, int64_t)>},
      {"Tii>T", make<T(In, int64_t, int64_t)>},
      {"Tiy>T", make<T(In, int64_t, c10::SymInt)>},
      {"Tiyy>T", make<T(In, int64_t, c10::SymInt, c10::SymInt)>},
      {"TiY>T", make<T(In, int64_t, c10::SymIntArrayRef)>},
      {"TiT>T", make<T(In, int64_t, In)>},
      {"Tz>T", make<T(In, std::string_view)>},
      {"Tdb>T", make<T(In, double, bool)>},
      {"Tit?>T", make<T(In, int64_t, std::optional<c10::ScalarType>)>},
      {"Tt?>T", make<T(In, std::optional<c10::ScalarType>)>},
      {"TYT?T?db>T", make<T(In, c10::SymIntArrayRef, OptionalIn, OptionalIn, double, bool)>},
      {"TTybb>T", make<T(In, In, c10::SymInt, bool, bool)>},
      {"T!>S", make<Out(Out)>},
      {"T!T>S", make<Out(Out, In)>},
      {"T!Ts>S", make<Out(Out, In, Number)>},
      {"T!s>S", make<Out(Out, Number)>},
      {"T!ss>S", make<Out(Out, Number, Number)>},
      {"T!Tb>S", make<Out(Out, In, bool)>},
  };
  return table;
}
}  // namespace

std::string signatureOf(const Operator& op) {
  std::string key;
  for (const auto& a : op.arguments) {
    key += static_cast<char>(a.kind);
    if (a.optional) key += '?';
    if (a.written) key += '!';
  }
  const auto& returns = op.handle.schema().returns();
  const bool tensor = returns.size() == 1 && returns[0].type()->kind() == c10::TypeKind::TensorType;
  return key + '>' + (op.returnsSelf ? "S" : tensor ? "T" : "?");
}

std::unique_ptr<Operator> unboxed(const Operator& op) {
  const auto found = signatures().find(signatureOf(op));
  if (found == signatures().end()) return nullptr;
  try {
    return found->second(op);
  } catch (const c10::Error&) {
    return nullptr;  // registered without a C++ signature, or with another: the boxed call takes it
  }
}
}  // namespace trainer
