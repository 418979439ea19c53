#pragma once
#include <cstdint>
#include <functional>

namespace trainer {

/** One thread's share of one step. It must not throw. */
using Step = std::function<void(int64_t step, int64_t begin, int64_t end, int64_t thread)>;

/**
 * Work in steps, each of which needs what all the threads did in the one before. A thread keeps the same items
 * throughout and so finds what belongs to them in its cache; there are at most at::get_num_threads() of them.
 */
void inSteps(int64_t steps, int64_t items, const Step& step);

}  // namespace trainer
