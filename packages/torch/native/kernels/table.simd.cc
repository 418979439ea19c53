#include "simd.h"

namespace trainer::CPU_CAPABILITY {

const Kernels table = {
    crossEntropyRow,  addLayerNormForward, addLayerNormBackward, addRmsNormForward, addRmsNormBackward, biasGeluForward,
    biasGeluBackward, swigluForward,       swigluBackward,       dropoutRow,        columnSum,          dotRows,
    dotColumns,       dotRowsInt8,         dotRowsBf16,          dequantizeInt8,    softmaxRow,         adamw,
    sumOfSquares,     lstmUnits,           lstmPackForward,      lstmPackBackward,  lstmForward,        lstmBackward,
    lstmToken,        attentionScratch,    attentionForward,     attentionBackward,
};

}  // namespace trainer::CPU_CAPABILITY
