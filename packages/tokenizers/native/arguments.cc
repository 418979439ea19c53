#include "arguments.h"

#include <algorithm>

#include "merge-symbols.h"

namespace tok {

namespace {

Napi::TypedArray typedArray(const Napi::Value& value, napi_typedarray_type type) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw Napi::TypeError::New(value.Env(), "a typed array of another kind was expected");
  }
  return value.As<Napi::TypedArray>();
}

template <typename Ends>
std::vector<uint64_t> endsFrom(const Ends& ends, size_t size) {
  std::vector<uint64_t> out(ends.ElementLength());
  uint64_t last = 0;
  for (size_t i = 0; i < out.size(); i++) {
    const auto end = ends[i];
    if (!(end >= last && end <= size)) throw Napi::RangeError::New(ends.Env(), "document ends are out of order");
    out[i] = last = static_cast<uint64_t>(end);
  }
  return out;
}

}  // namespace

Documents documentsFrom(const Napi::CallbackInfo& info, size_t bytes, size_t ends) {
  const auto data = typedArray(info[bytes], napi_uint8_array).As<Napi::Uint8Array>();
  Documents out;
  const size_t size = data.ByteLength();
  if (!info[ends].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "document ends must be a typed array");
  if (info[ends].As<Napi::TypedArray>().TypedArrayType() == napi_float64_array) {
    out.ends = endsFrom(info[ends].As<Napi::Float64Array>(), size);
  } else {
    out.ends = endsFrom(typedArray(info[ends], napi_uint32_array).As<Napi::Uint32Array>(), size);
  }
  out.bytes.reserve(size + kPadding);
  if (size > 0) out.bytes.assign(data.Data(), data.Data() + size);
  out.bytes.resize(size + kPadding);
  return out;
}

std::vector<uint32_t> uint32sFrom(const Napi::Value& value) {
  const auto data = typedArray(value, napi_uint32_array).As<Napi::Uint32Array>();
  return data.ElementLength() == 0 ? std::vector<uint32_t>()
                                   : std::vector<uint32_t>(data.Data(), data.Data() + data.ElementLength());
}

std::vector<std::string> stringsFrom(const Napi::Value& value) {
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "{bytes, ends} was expected");
  const auto object = value.As<Napi::Object>();
  const auto bytes = typedArray(object.Get("bytes"), napi_uint8_array).As<Napi::Uint8Array>();
  const std::vector<uint32_t> ends = uint32sFrom(object.Get("ends"));
  std::vector<std::string> out;
  uint32_t begin = 0;
  for (const uint32_t end : ends) {
    if (end < begin || end > bytes.ByteLength()) throw Napi::RangeError::New(value.Env(), "ends are out of order");
    out.emplace_back(reinterpret_cast<const char*>(bytes.Data()) + begin, end - begin);
    begin = end;
  }
  return out;
}

std::vector<std::string> pathsFrom(const Napi::Value& value) {
  std::vector<std::string> paths;
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) paths.push_back(list.Get(i).ToString());
  return paths;
}

uint32_t tokenFrom(const Napi::Value& value) {
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : kNoToken;
}

unsigned threadsFrom(const Napi::Value& value) {
  if (!value.IsNumber()) throw Napi::TypeError::New(value.Env(), "a number of threads was expected");
  return std::clamp<int64_t>(value.As<Napi::Number>().Int64Value(), 1, 256);
}

}  // namespace tok
