#include "library.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <memory>

namespace trainer {

namespace {

/** Two copies of this addon may meet in one process: the first to come defines the operators, for both. */
std::unique_ptr<torch::Library> define() {
  if (c10::Dispatcher::singleton().findSchema({"trainer::adamw_", ""})) return nullptr;
  auto library =
      std::make_unique<torch::Library>(torch::Library::FRAGMENT, "trainer", std::nullopt, __FILE__, __LINE__);
  defineLinearCrossEntropy(*library);
  defineAddLayerNorm(*library);
  defineRmsNorm(*library);
  defineLinear(*library);
  defineSideBySide(*library);
  defineGeluMlp(*library);
  defineSwigluMlp(*library);
  defineCausalAttention(*library);
  defineQuantizedLinear(*library);
  defineCachedAttention(*library);
  defineDropout(*library);
  defineLstm(*library);
  defineLstmToken(*library);
  defineAdamW(*library);
  defineToken(*library);
  return library;
}

const std::unique_ptr<torch::Library> library = define();

}  // namespace

}  // namespace trainer
