#include "library.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <memory>

namespace trainer {

namespace {

/** The dispatcher's namespace `trainer`; null in the second copy of the addon, if two meet in one process. */
torch::Library* library() {
  static const std::unique_ptr<torch::Library> own =
      c10::Dispatcher::singleton().findSchema({"trainer::adamw_", ""})
          ? nullptr
          : std::make_unique<torch::Library>(torch::Library::FRAGMENT, "trainer", std::nullopt, __FILE__, __LINE__);
  return own.get();
}

}  // namespace

bool define(void (*operators)(torch::Library&)) {
  if (library() == nullptr) return false;
  operators(*library());
  return true;
}

}  // namespace trainer
