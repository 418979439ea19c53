#pragma once
#include <c10/util/Exception.h>
#include <dlfcn.h>

namespace trainer::cuda {

/** Finds a function of a library that is loaded, not linked; throws where it has none of that name. */
template <typename Function>
void findSymbol(void* library, const char* libraryName, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  TORCH_CHECK(function != nullptr, libraryName, " has no ", name);
}

}  // namespace trainer::cuda
