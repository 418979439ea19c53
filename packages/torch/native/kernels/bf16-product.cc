#include "bf16-product.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "checks.h"
#include "table.h"

#if defined(__x86_64__)
#include <cpuid.h>

/** MKL's, which libtorch for x86-64 holds and no header of the wheel declares: C = alpha A B + beta C, in row-major
 * order. */
extern "C" void cblas_gemm_bf16bf16f32(int layout, int transA, int transB, int m, int n, int k, float alpha,
                                       const void* a, int lda, const void* b, int ldb, float beta, float* c, int ldc);
#endif

namespace trainer {

namespace {

/** Panels of a and b that are packed at a time: 4 MB of each. */
constexpr int64_t kPanelsOfA = 340;
constexpr int64_t kPanelsOfB = 128;
constexpr int64_t kMostPairs = kBf16Depth / 2;
/** Elements that are worth another thread. */
constexpr int64_t kGrain = 1 << 13;

struct Free {
  void operator()(uint32_t* data) const { std::free(data); }
};

/** Room for packed panels, kept by a thread from one product to the next. */
class Room {
 public:
  uint32_t* of(int64_t words) {
    if (words > words_) {
      constexpr size_t kLine = 64;
      const size_t bytes = (static_cast<size_t>(words) * sizeof(uint32_t) + kLine - 1) / kLine * kLine;
      data_.reset(static_cast<uint32_t*>(std::aligned_alloc(kLine, bytes)));
      TORCH_CHECK(data_ != nullptr, "no memory for ", bytes, " bytes of packed matrices");
      words_ = words;
    }
    return data_.get();
  }

 private:
  std::unique_ptr<uint32_t, Free> data_;
  int64_t words_ = 0;
};

int64_t panels(int64_t count, int64_t width) { return (count + width - 1) / width; }

/** Blocks of k and of panels; in each all panels are packed first, then all tiles of out are computed from them. */
void tiles(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulate) {
  static thread_local Room roomOfA, roomOfB;
  const int64_t rows = a.size(0), depth = a.size(1), columns = b.size(1), next = out.stride(0);
  const Bf16Source left{a.const_data_ptr<float>(), a.stride(1), a.stride(0), rows, kBf16Rows};
  const Bf16Source right{b.const_data_ptr<float>(), b.stride(0), b.stride(1), columns, kBf16Columns};
  float* c = out.mutable_data_ptr<float>();
  const int64_t down = panels(rows, kBf16Rows), across = panels(columns, kBf16Columns);
  uint32_t* packedA = roomOfA.of(std::min(down, kPanelsOfA) * kBf16Rows * kMostPairs);
  uint32_t* packedB = roomOfB.of(std::min(across, kPanelsOfB) * kBf16Columns * kMostPairs);
  const int64_t step = 2 * panels(panels(depth, panels(depth, kBf16Depth)), 2);  // blocks of k of one size, and even
  for (int64_t k = 0; k < depth; k += step) {
    const int64_t deep = std::min(step, depth - k), pairs = panels(deep, 2);
    const bool add = accumulate || k > 0;
    for (int64_t i0 = 0; i0 < down; i0 += kPanelsOfA) {
      const int64_t height = std::min(kPanelsOfA, down - i0);
      for (int64_t j0 = 0; j0 < across; j0 += kPanelsOfB) {
        const int64_t width = std::min(kPanelsOfB, across - j0);
        const int64_t packs = j0 == 0 ? height : 0;  // a's panels serve all of b's
        at::parallel_for(0, packs + width, panels(kGrain, kBf16Columns * deep), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < std::min(end, packs); ++i)
            kernels().bf16Pack(left, i0 + i, k, deep, packedA + i * kBf16Rows * pairs);
          for (int64_t j = std::max<int64_t>(0, begin - packs); j < end - packs; ++j)
            kernels().bf16Pack(right, j0 + j, k, deep, packedB + j * kBf16Columns * pairs);
        });
        at::parallel_for(0, height * width, 4, [&](int64_t begin, int64_t end) {
          for (int64_t t = begin; t < end; ++t) {
            const int64_t i = t % height, j = t / height;  // a panel of b stays in the first cache
            const int64_t row = (i0 + i) * kBf16Rows, column = (j0 + j) * kBf16Columns;
            const Bf16Tile tile{c + row * next + column, next, std::min(kBf16Rows, rows - row),
                                std::min(kBf16Columns, columns - column)};
            kernels().bf16Tile(packedA + i * kBf16Rows * pairs, packedB + j * kBf16Columns * pairs, pairs, tile, add);
          }
        });
      }
    }
  }
}

#if defined(__x86_64__)

bool hasAmx() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kAmxBf16 = 1U << 22, kAmxTile = 1U << 24;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kAmxBf16) && (d & kAmxTile);
}

/** A matrix in bfloat16 as MKL wants to be told of it. */
struct ForMkl {
  explicit ForMkl(const at::Tensor& matrix) : half(matrix.to(at::kBFloat16)), turned(half.stride(1) != 1) {}

  int order() const { return turned ? 112 : 111; }
  /** Elements between rows as they are stored, which of a single row may be any number. */
  int next() const { return static_cast<int>(std::max(half.stride(turned ? 1 : 0), half.size(turned ? 0 : 1))); }

  at::Tensor half;
  bool turned;
};

void mkl(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulate) {
  constexpr int kRowMajor = 101;
  const ForMkl x(a), y(b);
  const auto next = static_cast<int>(std::max(out.stride(0), out.size(1)));
  cblas_gemm_bf16bf16f32(kRowMajor, x.order(), y.order(), static_cast<int>(a.size(0)), static_cast<int>(b.size(1)),
                         static_cast<int>(a.size(1)), 1.0f, x.half.const_data_ptr(), x.next(), y.half.const_data_ptr(),
                         y.next(), accumulate ? 1.0f : 0.0f, out.mutable_data_ptr<float>(), next);
}

#endif

}  // namespace

Bf16Products fastestBf16() {
  static const Bf16Products fastest = [] {
#if defined(__x86_64__)
    if (hasAmx()) return Bf16Products::kMkl;
#endif
    return kernels().bf16IsFaster() ? Bf16Products::kTiles : Bf16Products::kOff;
  }();
  return fastest;
}

Bf16Products& bf16Products() {
  static thread_local Bf16Products chosen = Bf16Products::kOff;
  return chosen;
}

void bf16ProductInto(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulate) {
#if defined(__x86_64__)
  if (bf16Products() == Bf16Products::kMkl) return mkl(out, a, b, accumulate);
#endif
  tiles(out, a, b, accumulate);
}

}  // namespace trainer
