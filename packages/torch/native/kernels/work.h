#pragma once

namespace trainer {

/** Tells the profiler, where one listens, of arithmetic that the running operator does besides its matrix products. */
void tellFlops(double flops);

}  // namespace trainer
