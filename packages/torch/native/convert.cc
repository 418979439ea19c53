#include "convert.h"

#include <array>
#include <cmath>
#include <utility>

#include "gpus.h"
#include "guard.h"

namespace trainer {
namespace {
constexpr double kMaxSafe = 9007199254740992.0;

constexpr std::array<std::pair<const char*, c10::ScalarType>, 13> kTypes{{
    {"float32", c10::ScalarType::Float},
    {"float64", c10::ScalarType::Double},
    {"float16", c10::ScalarType::Half},
    {"bfloat16", c10::ScalarType::BFloat16},
    {"int64", c10::ScalarType::Long},
    {"int32", c10::ScalarType::Int},
    {"int16", c10::ScalarType::Short},
    {"uint16", c10::ScalarType::UInt16},
    {"uint32", c10::ScalarType::UInt32},
    {"int8", c10::ScalarType::Char},
    {"uint8", c10::ScalarType::Byte},
    {"bool", c10::ScalarType::Bool},
    {"complex64", c10::ScalarType::ComplexFloat},
}};

napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  check(env, napi_typeof(env, value, &type));
  return type;
}

[[noreturn]] void wrong(napi_env env, const char* expected, napi_value value) {
  throw Refusal("ARGUMENT", std::string("expected ") + expected + ", got " + describe(env, value));
}
}  // namespace

std::string describe(napi_env env, napi_value value) {
  switch (typeOf(env, value)) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "a boolean";
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_bigint:
      return "a bigint";
    case napi_external:
      return "an external value";
    case napi_number: {
      napi_value text;
      check(env, napi_coerce_to_string(env, value, &text));
      return "the number " + toString(env, text);
    }
    case napi_string: {
      std::string text = toString(env, value);
      const bool cut = text.size() > 60;
      if (cut) text.resize(57);
      return "the string \"" + text + (cut ? "...\"" : "\"");
    }
    case napi_object: {
      bool is = false;
      if (napi_is_array(env, value, &is) == napi_ok && is)
        return "an array of " + std::to_string(arrayLength(env, value));
      if (napi_is_typedarray(env, value, &is) == napi_ok && is) return "a typed array";
      return "an object";
    }
  }
  return "a value";
}

bool isNothing(napi_env env, napi_value value) {
  const napi_valuetype type = typeOf(env, value);
  return type == napi_undefined || type == napi_null;
}

double toDouble(napi_env env, napi_value value) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) wrong(env, "a number", value);
  return number;
}

int64_t toInt(napi_env env, napi_value value) {
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok) {
    if (std::abs(number) <= kMaxSafe && number == std::trunc(number)) return static_cast<int64_t>(number);
    wrong(env, "a whole number", value);
  }
  int64_t big;
  bool lossless;
  if (napi_get_value_bigint_int64(env, value, &big, &lossless) == napi_ok) {
    if (lossless) return big;
    throw Refusal("ARGUMENT", "expected an integer of 64 bits, got a larger bigint");
  }
  wrong(env, "a whole number", value);
}

bool toBool(napi_env env, napi_value value) {
  bool is;
  if (napi_get_value_bool(env, value, &is) != napi_ok) wrong(env, "true or false", value);
  return is;
}

c10::Scalar toScalar(napi_env env, napi_value value) {
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok) {
    const bool whole =
        std::abs(number) <= kMaxSafe && number == std::trunc(number) && !(number == 0 && std::signbit(number));
    return whole ? c10::Scalar(static_cast<int64_t>(number)) : c10::Scalar(number);
  }
  const napi_valuetype type = typeOf(env, value);
  if (type == napi_bigint) return c10::Scalar(toInt(env, value));
  if (type == napi_boolean) return c10::Scalar(toBool(env, value));
  wrong(env, "a number", value);
}

std::string toString(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) wrong(env, "a string", value);
  std::string text(length + 1, '\0');
  check(env, napi_get_value_string_utf8(env, value, text.data(), text.size(), &length));
  text.resize(length);
  return text;
}

c10::ScalarType toScalarType(napi_env env, napi_value value) {
  if (typeOf(env, value) == napi_string) {
    const std::string text = toString(env, value);
    for (const auto& [name, type] : kTypes) {
      if (text == name) return type;
    }
  }
  wrong(env, "a dtype (float32, float64, float16, bfloat16, int64, int32, int16, uint16, uint32, int8, uint8, bool)",
        value);
}

const char* nameOf(c10::ScalarType type) {
  for (const auto& [name, known] : kTypes) {
    if (known == type) return name;
  }
  return c10::toString(type);
}

c10::Device toDevice(napi_env env, napi_value value) {
  if (typeOf(env, value) != napi_string) wrong(env, "a device (cpu, cuda, cuda:0, mps, meta)", value);
  const std::string text = toString(env, value);
  if (text == "cpu") return c10::Device(c10::kCPU);
  if (text == "meta") return c10::Device(c10::kMeta);
  if (text == "mps") throw Refusal("UNAVAILABLE", "this build of libtorch has no mps device; there is cpu");
  if (text.rfind("cuda", 0) == 0) {
    int index = 0;
    if (text.size() > 4) {
      const bool digits = text.size() > 5 && text.size() < 9 && text[4] == ':' &&
                          text.find_first_not_of("0123456789", 5) == std::string::npos;
      if (!digits) wrong(env, "a device (cpu, cuda, cuda:0, mps, meta)", value);
      index = std::stoi(text.substr(5));
    }
    const Cuda& cuda = Cuda::get();
    if (!cuda.available()) throw Refusal("UNAVAILABLE", "there is no cuda device: " + cuda.reason());
    if (index >= cuda.count()) {
      throw Refusal("UNAVAILABLE",
                    "there is no " + text + "; this machine has " + std::to_string(cuda.count()) + " cuda devices");
    }
    return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(text.size() > 4 ? index : -1));
  }
  wrong(env, "a device (cpu, cuda, cuda:0, mps, meta)", value);
}

c10::MemoryFormat toMemoryFormat(napi_env env, napi_value value) {
  if (typeOf(env, value) == napi_string) {
    const std::string text = toString(env, value);
    if (text == "contiguous") return c10::MemoryFormat::Contiguous;
    if (text == "preserve") return c10::MemoryFormat::Preserve;
    if (text == "channels_last") return c10::MemoryFormat::ChannelsLast;
  }
  wrong(env, "a memory format (contiguous, preserve, channels_last)", value);
}

uint32_t arrayLength(napi_env env, napi_value value) {
  uint32_t length = 0;
  if (napi_get_array_length(env, value, &length) != napi_ok) wrong(env, "an array", value);
  return length;
}

napi_value elementOf(napi_env env, napi_value array, uint32_t index) {
  napi_value element;
  check(env, napi_get_element(env, array, index, &element));
  return element;
}

std::vector<int64_t> toInts(napi_env env, napi_value value) {
  const uint32_t length = arrayLength(env, value);
  if (length > 1'000'000)
    throw Refusal("ARGUMENT", "expected a list of at most 1000000 numbers, got " + std::to_string(length));
  std::vector<int64_t> result(length);
  for (uint32_t i = 0; i < length; ++i) result[i] = toInt(env, elementOf(env, value, i));
  return result;
}

std::vector<std::string> toStrings(napi_env env, napi_value value) {
  const uint32_t length = arrayLength(env, value);
  if (length > 100'000)
    throw Refusal("ARGUMENT", "expected a list of at most 100000 texts, got " + std::to_string(length));
  std::vector<std::string> result(length);
  for (uint32_t i = 0; i < length; ++i) result[i] = toString(env, elementOf(env, value, i));
  return result;
}

napi_value toArray(napi_env env, c10::ArrayRef<int64_t> values) {
  napi_value array;
  check(env, napi_create_array_with_length(env, values.size(), &array));
  for (size_t i = 0; i < values.size(); ++i) {
    check(env, napi_set_element(env, array, static_cast<uint32_t>(i), fromInt(env, values[i])));
  }
  return array;
}

napi_value fromInt(napi_env env, int64_t value) {
  napi_value result;
  const bool safe = value <= static_cast<int64_t>(kMaxSafe) && value >= -static_cast<int64_t>(kMaxSafe);
  check(env, safe ? napi_create_int64(env, value, &result) : napi_create_bigint_int64(env, value, &result));
  return result;
}

napi_value fromDouble(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result));
  return result;
}

napi_value fromBool(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

napi_value fromString(napi_env env, const std::string& value) {
  napi_value result;
  check(env, napi_create_string_utf8(env, value.data(), value.size(), &result));
  return result;
}

napi_value undefinedValue(napi_env env) {
  napi_value result;
  check(env, napi_get_undefined(env, &result));
  return result;
}
}  // namespace trainer
