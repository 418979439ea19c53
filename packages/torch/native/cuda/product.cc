#include "product.h"

#include <ATen/Context.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/mm.h>
#include <ATen/record_function.h>
#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>

#include "cublas-lt.h"
#include "kernel.h"

namespace trainer::cuda {

namespace {

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  TORCH_CHECK(function != nullptr, "cuBLASLt has no ", name);
}

constexpr size_t kWorkspace = 64 << 20;
constexpr size_t kCandidates = 12;

/** An operand as cuBLASLt sees it: columns adjacent, so that a row-major matrix is its transpose. */
struct Operand {
  bool transposed;
  int64_t leading;
};

std::optional<Operand> operandOf(const at::Tensor& t) {
  if (t.stride(1) == 1 && (t.size(0) == 1 || t.stride(0) >= t.size(1)))
    return Operand{false, std::max(t.size(0) == 1 ? t.size(1) : t.stride(0), t.size(1))};
  if (t.stride(0) == 1 && (t.size(1) == 1 || t.stride(1) >= t.size(0)))
    return Operand{true, std::max(t.size(1) == 1 ? t.size(0) : t.stride(1), t.size(0))};
  return std::nullopt;
}

cudaDataType_t typeOf(at::ScalarType type) {
  return type == at::kBFloat16 ? CUDA_R_16BF : type == at::kHalf ? CUDA_R_16F : CUDA_R_32F;
}

void checkLt(int status, const char* call) { TORCH_CHECK(status == 0, call, " failed with status ", status); }

void* handle() {
  static void* const made = [] {
    void* created = nullptr;
    checkLt(cublasLt().create(&created), "cublasLtCreate");
    return created;
  }();
  return made;
}

/** What cuBLASLt made for a call, destroyed with its scope. */
class Owned {
 public:
  explicit Owned(int (*destroy)(void*)) : destroy_(destroy) {}
  ~Owned() {
    if (handle) destroy_(handle);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  void* handle = nullptr;

 private:
  int (*destroy_)(void*);
};

uint32_t alignmentOf(const void* pointer) {
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  return static_cast<uint32_t>(std::min<uintptr_t>(256, address & (~address + 1)));
}

/** One product as cuBLASLt is asked for it. Its "a" is our b: out, seen with columns adjacent, is bᵀ aᵀ. */
struct Plan {
  const at::Tensor &out, &a, &b;
  const ProductOptions& options;
  Operand left, right;  // of b, of a
  Owned desc{cublasLt().descDestroy}, aLayout{cublasLt().layoutDestroy}, bLayout{cublasLt().layoutDestroy},
      outLayout{cublasLt().layoutDestroy};

  Plan(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const ProductOptions& options, Operand left,
       Operand right)
      : out(out), a(a), b(b), options(options), left(left), right(right) {
    const Lt& lt = cublasLt();
    const bool tf32 = a.scalar_type() == at::kFloat && at::globalContext().allowTF32CuBLAS();
    checkLt(lt.descCreate(&desc.handle, tf32 ? kCompute32FFastTf32 : kCompute32F, CUDA_R_32F),
            "cublasLtMatmulDescCreate");
    const int transpose = kOpTranspose;
    if (left.transposed) lt.descSet(desc.handle, kDescTransA, &transpose, sizeof(transpose));
    if (right.transposed) lt.descSet(desc.handle, kDescTransB, &transpose, sizeof(transpose));
    if (options.bias.defined()) {
      const int epilogue = kEpilogueBias;
      const void* bias = options.bias.const_data_ptr();
      lt.descSet(desc.handle, kDescEpilogue, &epilogue, sizeof(epilogue));
      lt.descSet(desc.handle, kDescBiasPointer, static_cast<const void*>(&bias), sizeof(bias));
    }
    const auto layout = [&](Owned& owned, const at::Tensor& t, const Operand& o) {
      const auto rows = static_cast<uint64_t>(t.size(o.transposed ? 0 : 1));
      const auto columns = static_cast<uint64_t>(t.size(o.transposed ? 1 : 0));
      checkLt(lt.layoutCreate(&owned.handle, typeOf(t.scalar_type()), rows, columns, o.leading),
              "cublasLtMatrixLayoutCreate");
    };
    layout(aLayout, b, left);
    layout(bLayout, a, right);
    layout(outLayout, out, {false, out.size(0) == 1 ? out.size(1) : out.stride(0)});
  }

  std::string key() const {
    std::ostringstream text;
    text << a.scalar_type() << " " << out.scalar_type() << " " << out.size(0) << " " << a.size(1) << " " << out.size(1)
         << " " << left.transposed << left.leading << " " << right.transposed << right.leading << " "
         << (out.size(0) == 1 ? out.size(1) : out.stride(0)) << " " << options.bias.defined() << options.accumulate
         << " " << at::globalContext().allowTF32CuBLAS() << " " << alignmentOf(b.const_data_ptr()) << " "
         << alignmentOf(a.const_data_ptr()) << " " << alignmentOf(out.const_data_ptr());
    return text.str();
  }

  int run(void* into, const LtAlgorithm& algorithm, const at::Tensor& workspace, float beta) const {
    const float alpha = 1;
    return cublasLt().matmul(handle(), desc.handle, &alpha, b.const_data_ptr(), aLayout.handle, a.const_data_ptr(),
                             bLayout.handle, &beta, into, outLayout.handle, into, outLayout.handle, &algorithm,
                             workspace.mutable_data_ptr(), static_cast<size_t>(workspace.numel()),
                             c10::cuda::getCurrentCUDAStream().stream());
  }

  std::vector<LtHeuristic> candidates(size_t wanted) const {
    const Lt& lt = cublasLt();
    Owned preference(lt.preferenceDestroy);
    checkLt(lt.preferenceCreate(&preference.handle), "cublasLtMatmulPreferenceCreate");
    const size_t workspace = kWorkspace;
    lt.preferenceSet(preference.handle, kPreferenceWorkspace, &workspace, sizeof(workspace));
    const void* pointers[] = {b.const_data_ptr(), a.const_data_ptr(), out.const_data_ptr(), out.const_data_ptr()};
    for (int i = 0; i < 4; ++i) {
      const uint32_t alignment = alignmentOf(pointers[i]);
      lt.preferenceSet(preference.handle, kPreferenceAlignA + i, &alignment, sizeof(alignment));
    }
    std::vector<LtHeuristic> found(wanted);
    int count = 0;
    const int status =
        lt.heuristics(handle(), desc.handle, aLayout.handle, bLayout.handle, outLayout.handle, outLayout.handle,
                      preference.handle, static_cast<int>(found.size()), found.data(), &count);
    found.resize(status == 0 ? static_cast<size_t>(count) : 0);
    return found;
  }
};

at::Tensor workspaceFor(const at::Tensor& like) {
  return at::empty({static_cast<int64_t>(kWorkspace)}, like.options().dtype(at::kByte));
}

/** The quickest of the candidates, each run a few times into memory of its own. */
LtAlgorithm measure(const Plan& plan, const std::vector<LtHeuristic>& candidates) {
  const at::Tensor scratch = at::empty_strided(plan.out.sizes(), plan.out.strides(), plan.out.options());
  const at::Tensor workspace = workspaceFor(plan.out);
  const auto stream = c10::cuda::getCurrentCUDAStream().stream();
  cudaEvent_t begun = nullptr, ended = nullptr;
  cudaEventCreate(&begun);
  cudaEventCreate(&ended);
  const LtAlgorithm* best = nullptr;
  float least = 0;
  for (const LtHeuristic& candidate : candidates) {
    if (plan.run(scratch.mutable_data_ptr(), candidate.algorithm, workspace, 0) != 0) continue;
    constexpr int kRuns = 5;
    float quickest = 0;
    for (int i = 0; i < kRuns; ++i) {
      cudaEventRecord(begun, stream);
      plan.run(scratch.mutable_data_ptr(), candidate.algorithm, workspace, 0);
      cudaEventRecord(ended, stream);
      cudaEventSynchronize(ended);
      float ms = 0;
      cudaEventElapsedTime(&ms, begun, ended);
      quickest = i == 0 ? ms : std::min(quickest, ms);
    }
    if (best == nullptr || quickest < least) {
      best = &candidate.algorithm;
      least = quickest;
    }
  }
  cudaEventDestroy(begun);
  cudaEventDestroy(ended);
  TORCH_CHECK(best != nullptr, "trainer::product: none of cuBLASLt's algorithms runs for ", plan.key());
  return *best;
}

struct Choices {
  std::mutex mutex;
  std::map<std::string, std::optional<LtAlgorithm>> known;  // empty: cuBLASLt has none for such a product
};

Choices& choices() {
  static auto* made = new Choices;
  return *made;
}

/** Small products, and those of odd sizes, come in too many shapes to measure each: prompts, last batches. */
bool worthMeasuring(const Plan& plan) {
  const int64_t n = plan.out.size(0), m = plan.out.size(1), k = plan.a.size(1);
  return n % 8 == 0 && m % 8 == 0 && k % 8 == 0 && n * m * k >= int64_t{1} << 28;
}

std::optional<LtAlgorithm> choose(const Plan& plan) {
  if (!worthMeasuring(plan)) {
    const std::vector<LtHeuristic> candidates = plan.candidates(1);
    return candidates.empty() ? std::nullopt : std::optional(candidates.front().algorithm);
  }
  const std::string key = plan.key();
  Choices& all = choices();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (const auto found = all.known.find(key); found != all.known.end()) return found->second;
  const std::string folder = cacheFolder("products");
  const std::string path =
      folder.empty() ? "" : folder + "/" + digest(cardName() + " " + std::to_string(cublasLt().version()) + " " + key);
  const auto kept = [&]() -> std::optional<LtAlgorithm> {
    const std::string bytes = path.empty() ? "" : readKept(path);
    LtAlgorithm algorithm{};
    if (bytes.size() != sizeof(algorithm)) return std::nullopt;
    std::memcpy(&algorithm, bytes.data(), sizeof(algorithm));
    return algorithm;
  };
  std::optional<LtAlgorithm> chosen = kept();
  if (!chosen) {
    const std::vector<LtHeuristic> candidates = plan.candidates(kCandidates);
    if (!candidates.empty()) {
      // While a graph is recorded nothing runs, so nothing can be measured: it takes what cuBLASLt holds best.
      if (c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None)
        return candidates.front().algorithm;
      chosen = measure(plan, candidates);
      if (!path.empty()) keepOnDisk(path, std::string(reinterpret_cast<const char*>(&*chosen), sizeof(LtAlgorithm)));
      if (const auto first = kept()) chosen = first;  // another process may have been quicker
    }
  }
  all.known.emplace(key, chosen);
  return chosen;
}

/** By libtorch, where strides or types are none that cuBLASLt takes. */
void productByLibtorch(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const ProductOptions& o) {
  at::Tensor y = at::mm(a, b);
  if (o.bias.defined()) y = y.add(o.bias);
  if (o.accumulate)
    out.add_(y);
  else
    out.copy_(y);
}

}  // namespace

const Lt& cublasLt() {
  static const Lt found = [] {
    void* library = nullptr;
    for (const char* name : {"libcublasLt.so.13", "libcublasLt.so.12"})
      if (library == nullptr) library = dlopen(name, RTLD_NOW);
    TORCH_CHECK(library != nullptr, "libtorch's CUDA libraries hold no cuBLASLt: ", dlerror());
    Lt lt{};
    find(library, "cublasLtCreate", lt.create);
    find(library, "cublasLtGetVersion", lt.version);
    find(library, "cublasLtMatmulDescCreate", lt.descCreate);
    find(library, "cublasLtMatmulDescDestroy", lt.descDestroy);
    find(library, "cublasLtMatmulDescSetAttribute", lt.descSet);
    find(library, "cublasLtMatrixLayoutCreate", lt.layoutCreate);
    find(library, "cublasLtMatrixLayoutDestroy", lt.layoutDestroy);
    find(library, "cublasLtMatmulPreferenceCreate", lt.preferenceCreate);
    find(library, "cublasLtMatmulPreferenceDestroy", lt.preferenceDestroy);
    find(library, "cublasLtMatmulPreferenceSetAttribute", lt.preferenceSet);
    find(library, "cublasLtMatmulAlgoGetHeuristic", lt.heuristics);
    find(library, "cublasLtMatmul", lt.matmul);
    return lt;
  }();
  return found;
}

void productInto(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const ProductOptions& options) {
  RECORD_FUNCTION("trainer::product", c10::ArrayRef<const c10::IValue>({out, a, b}));
  const auto left = operandOf(b), right = operandOf(a);
  const bool plain =
      left && right && out.stride(1) == 1 && a.scalar_type() == b.scalar_type() && out.numel() > 0 && a.size(1) > 0;
  if (plain) {
    const Plan plan(out, a, b, options, *left, *right);
    if (const auto algorithm = choose(plan)) {
      checkLt(plan.run(out.mutable_data_ptr(), *algorithm, workspaceFor(out), options.accumulate ? 1.0f : 0.0f),
              "cublasLtMatmul");
      return;
    }
  }
  productByLibtorch(out, a, b, options);
}

at::Tensor product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  const at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  productInto(out, a, b, {bias, false});
  return out;
}

}  // namespace trainer::cuda
