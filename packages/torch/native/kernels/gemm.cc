#include "gemm.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "bf16-product.h"
#include "checks.h"
#include "product-choices.h"
#include "table.h"

namespace at::native {
/** Exported by libtorch, declared in no header of the wheel: out = alpha a b + beta out through oneDNN. */
TORCH_API void mkldnn_matmul(const Tensor& a, const Tensor& b, const Tensor& out, float beta, float alpha);
}  // namespace at::native

namespace trainer {

namespace {

/** Rows of adjacent elements that do not overlap: what an expanded tensor lacks. */
bool hasFullRows(const at::Tensor& t) { return t.stride(1) == 1 && t.stride(0) >= t.size(1); }

/** True for operands of full rows or columns, and a result of full rows. */
bool haveFullRows(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  return (hasFullRows(a) || hasFullRows(a.t())) && (hasFullRows(b) || hasFullRows(b.t())) && hasFullRows(out);
}

/** True if libtorch lets oneDNN multiply on this processor, which it refuses without AVX-512: found by trying. */
bool hasOneDnn() {
  static const bool works = [] {
    const at::Tensor one = at::ones({1, 1}, at::kFloat);
    try {
      at::native::mkldnn_matmul(one, one, at::empty_like(one), 0.0f, 1.0f);
      return true;
    } catch (const c10::Error&) {
      return false;
    }
  }();
  return works && at::globalContext().userEnabledMkldnn();
}

/**
 * Where nobody measures on this machine. Measured (GFLOP/s, two threads): on Zen 5 oneDNN 420-510 against MKL 200-225
 * for every layout, a transposed a (the gradient of a weight) among them; on Zen 4 205-220 against 175-200, level where
 * a is transposed. MKL has no AVX-512 for AMD's processors. Below 16 rows a oneDNN primitive costs more than it saves.
 */
bool preferOneDnn(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  return haveFullRows(out, a, b) && a.size(0) >= 16 && hasOneDnn();
}

void multiplyBy(Library library, const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulate) {
  if (library == Library::kOneDnn) return at::native::mkldnn_matmul(a, b, out, accumulate ? 1.0f : 0.0f, 1.0f);
  if (accumulate) {
    at::addmm_out(const_cast<at::Tensor&>(out), out, a, b);
  } else {
    at::mm_out(const_cast<at::Tensor&>(out), a, b);
  }
}

/** The faster one for these operands. MKL must be clearly faster: a machine is disturbed now and then. */
Library measured(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  constexpr double kClearly = 0.9;
  constexpr int kRounds = 6;
  using Clock = std::chrono::steady_clock;
  const at::Tensor scratch = at::empty_strided(out.sizes(), out.strides(), out.options());
  const auto time = [&](Library library) {
    const auto began = Clock::now();
    multiplyBy(library, scratch, a, b, false);
    return std::chrono::duration<double>(Clock::now() - began).count();
  };
  double oneDnn = time(Library::kOneDnn), mkl = time(Library::kMkl);  // the first of each prepares itself
  for (int round = 0; round < kRounds; ++round) {
    oneDnn = std::min(oneDnn, time(Library::kOneDnn));
    mkl = std::min(mkl, time(Library::kMkl));
  }
  return mkl < kClearly * oneDnn ? Library::kMkl : Library::kOneDnn;
}

/** Where nobody measures: on Intel's processors MKL, which takes 0.6 to 1.0 of oneDNN's time there. */
Library unmeasured() {
#if defined(__x86_64__)
  static const bool isIntel = [] {
    __builtin_cpu_init();
    return static_cast<bool>(__builtin_cpu_is("intel"));
  }();
  if (isIntel) return Library::kMkl;
#endif
  return Library::kOneDnn;
}

/** oneDNN where it can, but for shapes that are known to be faster otherwise, or are found to be. */
Library libraryFor(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  if (!preferOneDnn(out, a, b)) return Library::kMkl;
  std::optional<ProductChoices>& choices = productChoices();
  if (!choices) return unmeasured();
  const ProductShape shape{!hasFullRows(a), !hasFullRows(b), a.size(0), a.size(1), b.size(1)};
  if (const std::optional<Library> known = choices->of(shape)) return *known;
  const Library found = measured(out, a, b);
  choices->note(shape, found);
  return found;
}

/**
 * True for few rows, as in generation: reading b once is most of the work, and each row must be the same whatever other
 * rows there are, which no library's product promises. Gradients of weights, whose rows are columns in memory, are the
 * libraries' from 17 rows on.
 */
bool areFewRows(const at::Tensor& a, const at::Tensor& b) {
  return a.size(0) <= (a.stride(1) == 1 ? kIndependentRows : 16) && (hasFullRows(b) || b.t().is_contiguous());
}

/** By some columns of b at a time, which each thread keeps at hand for all rows; in the same runs as whole rows of b.
 */
void multiplyColumns(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, int64_t runs) {
  constexpr int64_t kColumns = 128;
  const int64_t rows = a.size(0), depth = b.size(0), columns = b.size(1), run = (depth + runs - 1) / runs;
  const float *x = a.const_data_ptr<float>(), *w = b.const_data_ptr<float>();
  float* y = out.mutable_data_ptr<float>();
  at::parallel_for(0, (columns + kColumns - 1) / kColumns, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> packed(static_cast<size_t>(run * kColumns));
    for (int64_t j = begin * kColumns; j < std::min(columns, end * kColumns); j += kColumns)
      for (int64_t k = 0; k < depth; k += run) {
        const FewRows part{x + k, a.stride(0), rows, y + j, columns, std::min(run, depth - k)};
        const int64_t width = std::min(kColumns, columns - j);
        kernels().dotPanels(w + k * b.stride(0) + j, b.stride(0), part, width, packed.data(), k > 0);
      }
  });
}

void multiplyRows(const at::Tensor& out, const at::Tensor& left, const at::Tensor& b) {
  constexpr int64_t kGrain = 256;
  constexpr int64_t kLarge = 1 << 18;
  constexpr int64_t kRuns = 8;
  constexpr int64_t kMany = 12;  // rows for which more is computed than read
  const at::Tensor a = left.stride(1) == 1 ? left : left.contiguous();
  const int64_t rows = a.size(0), depth = b.size(0), columns = b.size(1), next = a.stride(0);
  const float *x = a.const_data_ptr<float>(), *w = b.const_data_ptr<float>();
  if (!hasFullRows(b)) {
    const FewRows few{x, next, rows, out.mutable_data_ptr<float>(), columns, depth};
    at::parallel_for(0, columns, kGrain, [&](int64_t begin, int64_t end) { kernels().dotRows(w, few, begin, end); });
  } else if (rows >= kMany) {
    multiplyColumns(out, a, b, b.numel() < kLarge ? 1 : kRuns);
  } else if (b.numel() < kLarge) {
    const FewRows few{x, next, rows, out.zero_().mutable_data_ptr<float>(), columns, depth};
    at::parallel_for(0, columns, kGrain,
                     [&](int64_t begin, int64_t end) { kernels().dotColumns(w, b.stride(0), few, begin, end); });
  } else {  // whole rows of b to each thread: memory is read in order
    sumOverRuns(out, depth, kRuns, [&](int64_t begin, int64_t end, float* sum) {
      const FewRows part{x + begin, next, rows, sum, columns, end - begin};
      kernels().dotColumns(w + begin * b.stride(0), b.stride(0), part, 0, columns);
    });
  }
}

}  // namespace

void productInto(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulate) {
  const bool few = !accumulate && areFewRows(a, b);
  if (few && !out.is_contiguous()) {
    out.copy_(product(a, b));
    return;
  }
  RECORD_FUNCTION("trainer::product", c10::ArrayRef<const c10::IValue>({out, a, b}));  // for the profiler alone
  if (few) return multiplyRows(out, a, b);
  if (bf16Products() != Bf16Products::kOff && haveFullRows(out, a, b)) return bf16ProductInto(out, a, b, accumulate);
  multiplyBy(libraryFor(out, a, b), out, a, b, accumulate);
}

at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
  at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  productInto(out, a, b, false);
  return out;
}

}  // namespace trainer
