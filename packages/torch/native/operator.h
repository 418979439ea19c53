#pragma once
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <node_api.h>

#include <memory>
#include <string>
#include <vector>

#include "session.h"

namespace trainer {

/** Type of an argument, read from the schema once. */
enum class Kind : char {
  Tensor = 'T',
  TensorList = 'L',
  OptionalTensorList = 'M',  // Tensor?[]
  Generator = 'G',
  Int = 'i',
  SymInt = 'y',
  Float = 'd',
  Bool = 'b',
  Scalar = 's',
  String = 'z',
  IntList = 'I',
  SymIntList = 'Y',
  FloatList = 'D',
  BoolList = 'B',
  ScalarList = 'S',
  ScalarType = 't',
  Layout = 'l',
  Device = 'v',
  MemoryFormat = 'm',
};

struct Argument {
  std::string name;
  Kind kind;
  bool optional = false;
  bool written = false;  // the operator writes into it
  int32_t repeat = 0;    // int[2]: one number stands for two
  bool hasDefault = false;
  c10::IValue fallback;
};

/** An operator of the dispatcher with the plan of its arguments. */
struct Operator {
  Operator(Session& session, std::string name, c10::OperatorHandle handle, std::vector<Argument> arguments)
      : session(session), name(std::move(name)), handle(std::move(handle)), arguments(std::move(arguments)) {}
  virtual ~Operator() = default;
  virtual napi_value call(napi_value* argv, size_t argc);  // boxed; takes any operator

  Session& session;
  std::string name;
  c10::OperatorHandle handle;
  std::vector<Argument> arguments;
  bool returnsSelf = false;  // in place: JavaScript keeps its first argument
};

constexpr size_t kMaxArguments = 32;

/** The value of an argument, its default where JavaScript gave undefined; refuses with the argument's name. */
c10::IValue argumentValue(Session& session, const Argument& argument, napi_value value);
[[noreturn]] void refuseArgument(const Argument& argument, size_t position, const std::string& why);

/** An operator called without boxing, where its signature is one of the hottest; nullptr otherwise. */
std::unique_ptr<Operator> unboxed(const Operator& op);
std::string signatureOf(const Operator& op);
}  // namespace trainer
