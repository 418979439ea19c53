#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/MemoryFormat.h>
#include <c10/core/Scalar.h>
#include <node_api.h>

#include <optional>
#include <string>
#include <vector>

namespace trainer {

// JavaScript values to C++ and back. Each refuses what it does not take, with what was expected and what came.

std::string describe(napi_env env, napi_value value);  // for messages: `string "abc"`, `number 1.5`, `Array(3)`
bool isNothing(napi_env env, napi_value value);        // undefined or null

double toDouble(napi_env env, napi_value value);
int64_t toInt(napi_env env, napi_value value);  // a whole number or a bigint in 64 bits
bool toBool(napi_env env, napi_value value);
c10::Scalar toScalar(napi_env env, napi_value value);  // a whole number becomes an integer, as a literal does in Python
std::string toString(napi_env env, napi_value value);
c10::ScalarType toScalarType(napi_env env, napi_value value);
c10::Device toDevice(napi_env env, napi_value value);
c10::MemoryFormat toMemoryFormat(napi_env env, napi_value value);

uint32_t arrayLength(napi_env env, napi_value value);  // refuses what is not an array
napi_value elementOf(napi_env env, napi_value array, uint32_t index);
std::vector<int64_t> toInts(napi_env env, napi_value value);
std::vector<std::string> toStrings(napi_env env, napi_value value);

napi_value toArray(napi_env env, c10::ArrayRef<int64_t> values);
napi_value fromInt(napi_env env, int64_t value);  // a number, or a bigint past 2^53
napi_value fromDouble(napi_env env, double value);
napi_value fromBool(napi_env env, bool value);
napi_value fromString(napi_env env, const std::string& value);
napi_value undefinedValue(napi_env env);

const char* nameOf(c10::ScalarType type);
}  // namespace trainer
