#pragma once

#include <napi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

namespace tok {

/** A typed array of memory from malloc, which goes with it. */
template <typename Element>
Napi::TypedArrayOf<Element> arrayOfOwned(Napi::Env env, std::unique_ptr<Element, void (*)(void*)>& elements,
                                         size_t size) {
  if (size == 0) return Napi::TypedArrayOf<Element>::New(env, 0);
  const auto release = [](Napi::Env, void* owned) { free(owned); };
  const auto buffer = Napi::ArrayBuffer::New(env, elements.get(), size * sizeof(Element), release);
  elements.release();
  return Napi::TypedArrayOf<Element>::New(env, size, buffer, 0);
}

/** A typed array with a copy of the values. Throws std::bad_alloc: where V8 finds no memory, it ends the process. */
template <typename Element, typename Values>
Napi::TypedArrayOf<Element> arrayFrom(Napi::Env env, const Values& values) {
  constexpr size_t kSmall = 1 << 16;  // V8 is quicker, and without so much memory nothing goes on
  if (values.size() * sizeof(Element) <= kSmall) {
    auto array = Napi::TypedArrayOf<Element>::New(env, values.size());
    std::copy(values.begin(), values.end(), array.Data());
    return array;
  }
  std::unique_ptr<Element, void (*)(void*)> copy(static_cast<Element*>(malloc(values.size() * sizeof(Element))), free);
  if (!copy) throw std::bad_alloc();
  std::copy(values.begin(), values.end(), copy.get());
  return arrayOfOwned(env, copy, values.size());
}

}  // namespace tok
