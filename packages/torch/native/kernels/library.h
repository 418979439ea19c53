#pragma once
#include <torch/library.h>

namespace trainer {

void defineLinearCrossEntropy(torch::Library& m);
void defineAddLayerNorm(torch::Library& m);
void defineRmsNorm(torch::Library& m);
void defineLinear(torch::Library& m);
void defineSideBySide(torch::Library& m);
void defineGeluMlp(torch::Library& m);
void defineSwigluMlp(torch::Library& m);
void defineCausalAttention(torch::Library& m);
void defineQuantizedLinear(torch::Library& m);
void defineCachedAttention(torch::Library& m);
void defineDropout(torch::Library& m);
void defineLstm(torch::Library& m);
void defineLstmToken(torch::Library& m);
void defineAdamW(torch::Library& m);
void defineToken(torch::Library& m);

}  // namespace trainer
