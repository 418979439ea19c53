#pragma once
#include <string>

namespace trainer::cuda {

/** The text of a file of native/cuda, "number.cuh" or "adamw.cu": they are compiled on the user's card (CMakeLists.txt
 * puts them into the library). */
std::string textOf(const std::string& file);

}  // namespace trainer::cuda
