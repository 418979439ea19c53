#include "product.h"

#include <ATen/Context.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/mm.h>
#include <ATen/record_function.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>

#include "cublas-lt.h"
#include "kernel.h"
#include "symbol.h"

namespace trainer::cuda {

namespace {

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

/** Objects of cuBLASLt for a call, destroyed with its scope. */
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

/** All that the choice of an algorithm depends on: the same numbers, the same algorithm. */
using Shape = std::array<int64_t, 15>;

Shape shapeOf(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const ProductOptions& options,
              const Operand& left, const Operand& right) {
  const bool tf32 = a.scalar_type() == at::kFloat && at::globalContext().allowTF32CuBLAS();
  return {c10::cuda::current_device(),
          static_cast<int64_t>(a.scalar_type()),
          static_cast<int64_t>(out.scalar_type()),
          out.size(0),
          a.size(1),
          out.size(1),
          left.transposed,
          left.leading,
          right.transposed,
          right.leading,
          out.size(0) == 1 ? out.size(1) : out.stride(0),
          options.bias.defined() + 2 * options.accumulate + 4 * tf32,
          alignmentOf(b.const_data_ptr()),
          alignmentOf(a.const_data_ptr()),
          alignmentOf(out.const_data_ptr())};
}

/** A kind of product in cuBLASLt's terms. Its "a" is our b: out, seen with columns adjacent, is bᵀ aᵀ. */
struct Plan {
  Shape shape;
  Owned desc{cublasLt().descDestroy}, aLayout{cublasLt().layoutDestroy}, bLayout{cublasLt().layoutDestroy},
      outLayout{cublasLt().layoutDestroy};
  std::optional<LtAlgorithm> algorithm;  // empty: cuBLASLt has none for such a product
  bool final = false;                    // what was chosen stays

  Plan(const Shape& shape, const at::Tensor& out, const at::Tensor& a, const at::Tensor& b,
       const ProductOptions& options, const Operand& left, const Operand& right)
      : shape(shape) {
    const Lt& lt = cublasLt();
    const bool tf32 = shape[11] & 4;
    checkLt(lt.descCreate(&desc.handle, tf32 ? kCompute32FFastTf32 : kCompute32F, CUDA_R_32F),
            "cublasLtMatmulDescCreate");
    const int transpose = kOpTranspose;
    if (left.transposed) lt.descSet(desc.handle, kDescTransA, &transpose, sizeof(transpose));
    if (right.transposed) lt.descSet(desc.handle, kDescTransB, &transpose, sizeof(transpose));
    const int epilogue = kEpilogueBias;
    if (options.bias.defined()) lt.descSet(desc.handle, kDescEpilogue, &epilogue, sizeof(epilogue));
    const auto layout = [&](Owned& owned, const at::Tensor& t, const Operand& o) {
      const auto rows = static_cast<uint64_t>(t.size(o.transposed ? 0 : 1));
      const auto columns = static_cast<uint64_t>(t.size(o.transposed ? 1 : 0));
      checkLt(lt.layoutCreate(&owned.handle, typeOf(t.scalar_type()), rows, columns, o.leading),
              "cublasLtMatrixLayoutCreate");
    };
    layout(aLayout, b, left);
    layout(bLayout, a, right);
    layout(outLayout, out, {false, shape[10]});
  }

  /** Small products, and those of odd sizes, come in too many shapes to measure each: prompts, last batches. */
  bool worthMeasuring() const {
    const int64_t n = shape[3], k = shape[4], m = shape[5];
    return n % 8 == 0 && m % 8 == 0 && k % 8 == 0 && n * m * k >= int64_t{1} << 28;
  }

  std::string key() const {
    std::ostringstream text;
    for (size_t i = 1; i < shape.size(); ++i) text << shape[i] << " ";
    return text.str();
  }

  std::vector<LtHeuristic> candidates(size_t wanted) const {
    const Lt& lt = cublasLt();
    Owned preference(lt.preferenceDestroy);
    checkLt(lt.preferenceCreate(&preference.handle), "cublasLtMatmulPreferenceCreate");
    const size_t workspace = kWorkspace;
    lt.preferenceSet(preference.handle, kPreferenceWorkspace, &workspace, sizeof(workspace));
    const int64_t alignments[] = {shape[12], shape[13], shape[14], shape[14]};
    for (int i = 0; i < 4; ++i) {
      const auto alignment = static_cast<uint32_t>(alignments[i]);
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

/** Kept for the default stream, whose work is in order; others are a graph's, which has its own. */
at::Tensor workspaceFor(const at::Tensor& like) {
  const auto make = [&] { return at::empty({static_cast<int64_t>(kWorkspace)}, like.options().dtype(at::kByte)); };
  const auto stream = c10::cuda::getCurrentCUDAStream();
  if (isRecording() || stream != c10::cuda::getDefaultCUDAStream()) return make();
  static auto* kept = new std::map<c10::DeviceIndex, at::Tensor>;
  at::Tensor& workspace = (*kept)[stream.device_index()];
  if (!workspace.defined()) workspace = make();
  return workspace;
}

/** Inputs and output of a product. */
struct Operands {
  const at::Tensor &a, &b;
  at::Tensor bias;
  void* out;
};

int run(const Plan& plan, const Operands& o, const LtAlgorithm& algorithm, const at::Tensor& workspace, float beta) {
  const float alpha = 1;
  if (o.bias.defined()) {
    const void* bias = o.bias.const_data_ptr();
    cublasLt().descSet(plan.desc.handle, kDescBiasPointer, static_cast<const void*>(&bias), sizeof(bias));
  }
  return cublasLt().matmul(handle(), plan.desc.handle, &alpha, o.b.const_data_ptr(), plan.aLayout.handle,
                           o.a.const_data_ptr(), plan.bLayout.handle, &beta, o.out, plan.outLayout.handle, o.out,
                           plan.outLayout.handle, &algorithm, workspace.mutable_data_ptr(),
                           static_cast<size_t>(workspace.numel()), c10::cuda::getCurrentCUDAStream().stream());
}

/** The quickest of the candidates, each run a few times into memory of its own. */
LtAlgorithm measure(const Plan& plan, const std::vector<LtHeuristic>& candidates, Operands o, const at::Tensor& out) {
  const at::Tensor scratch = at::empty_strided(out.sizes(), out.strides(), out.options());
  const at::Tensor workspace = workspaceFor(out);
  const auto stream = c10::cuda::getCurrentCUDAStream().stream();
  o.out = scratch.mutable_data_ptr();
  cudaEvent_t begun = nullptr, ended = nullptr;
  cudaEventCreate(&begun);
  cudaEventCreate(&ended);
  const LtAlgorithm* best = nullptr;
  float least = 0;
  for (const LtHeuristic& candidate : candidates) {
    if (run(plan, o, candidate.algorithm, workspace, 0) != 0) continue;
    constexpr int kRuns = 5;
    float quickest = 0;
    for (int i = 0; i < kRuns; ++i) {
      cudaEventRecord(begun, stream);
      run(plan, o, candidate.algorithm, workspace, 0);
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

/** The algorithm of a plan: kept from an earlier process, or measured, or where that is not worth it cuBLASLt's first.
 */
void choose(Plan& plan, const Operands& o, const at::Tensor& out) {
  if (plan.final) return;
  const bool measured = plan.worthMeasuring();
  const std::string folder = measured ? cacheFolder("products") : "";
  const std::string name = cardName() + " " + std::to_string(cublasLt().version()) + " " + plan.key();
  const std::string path = folder.empty() ? "" : folder + "/" + digest(name);
  const auto kept = [&]() -> std::optional<LtAlgorithm> {
    const std::string bytes = path.empty() ? "" : readKept(path);
    LtAlgorithm algorithm{};
    if (bytes.size() != sizeof(algorithm)) return std::nullopt;
    std::memcpy(&algorithm, bytes.data(), sizeof(algorithm));
    return algorithm;
  };
  plan.algorithm = kept();
  plan.final = plan.algorithm.has_value();
  if (plan.final) return;
  const std::vector<LtHeuristic> candidates = plan.candidates(measured ? kCandidates : 1);
  if (!candidates.empty()) plan.algorithm = candidates.front().algorithm;
  // While a graph is recorded nothing runs, so nothing can be measured: it takes what cuBLASLt holds best.
  if (measured && !candidates.empty()) {
    if (isRecording()) return;
    plan.algorithm = measure(plan, candidates, o, out);  // where this throws, the next call measures again
    if (!path.empty()) {
      keepOnDisk(path, std::string(reinterpret_cast<const char*>(&*plan.algorithm), sizeof(LtAlgorithm)));
      if (const auto first = kept()) plan.algorithm = first;  // another process may have been quicker
    }
  }
  plan.final = true;
}

struct Plans {
  std::mutex mutex;
  std::map<Shape, std::unique_ptr<Plan>> known;
};

Plans& plans() {
  static auto* made = new Plans;
  return *made;
}

/** By cuBLASLt; false if it has no algorithm for this. */
bool productByLt(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const ProductOptions& options,
                 const Operand& left, const Operand& right) {
  const Shape shape = shapeOf(out, a, b, options, left, right);
  Plans& all = plans();
  const std::lock_guard<std::mutex> lock(all.mutex);  // a plan's bias is set and used under it
  std::unique_ptr<Plan>& plan = all.known[shape];
  if (!plan) plan = std::make_unique<Plan>(shape, out, a, b, options, left, right);
  const Operands operands{a, b, options.bias, out.mutable_data_ptr()};
  choose(*plan, operands, out);
  if (!plan->algorithm) return false;
  checkLt(run(*plan, operands, *plan->algorithm, workspaceFor(out), options.accumulate ? 1.0f : 0.0f),
          "cublasLtMatmul");
  return true;
}

/** By libtorch, for strides and types that cuBLASLt does not take. */
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
    findSymbol(library, "cuBLASLt", "cublasLtCreate", lt.create);
    findSymbol(library, "cuBLASLt", "cublasLtGetVersion", lt.version);
    findSymbol(library, "cuBLASLt", "cublasLtMatmulDescCreate", lt.descCreate);
    findSymbol(library, "cuBLASLt", "cublasLtMatmulDescDestroy", lt.descDestroy);
    findSymbol(library, "cuBLASLt", "cublasLtMatmulDescSetAttribute", lt.descSet);
    findSymbol(library, "cuBLASLt", "cublasLtMatrixLayoutCreate", lt.layoutCreate);
    findSymbol(library, "cuBLASLt", "cublasLtMatrixLayoutDestroy", lt.layoutDestroy);
    findSymbol(library, "cuBLASLt", "cublasLtMatmulPreferenceCreate", lt.preferenceCreate);
    findSymbol(library, "cuBLASLt", "cublasLtMatmulPreferenceDestroy", lt.preferenceDestroy);
    findSymbol(library, "cuBLASLt", "cublasLtMatmulPreferenceSetAttribute", lt.preferenceSet);
    findSymbol(library, "cuBLASLt", "cublasLtMatmulAlgoGetHeuristic", lt.heuristics);
    findSymbol(library, "cuBLASLt", "cublasLtMatmul", lt.matmul);
    return lt;
  }();
  return found;
}

void productInto(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const ProductOptions& options) {
  RECORD_FUNCTION("trainer::product", c10::ArrayRef<const c10::IValue>({out, a, b}));
  const auto left = operandOf(b), right = operandOf(a);
  const bool plain =
      left && right && out.stride(1) == 1 && a.scalar_type() == b.scalar_type() && out.numel() > 0 && a.size(1) > 0;
  if (plain && productByLt(out, a, b, options, *left, *right)) return;
  productByLibtorch(out, a, b, options);
}

at::Tensor product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  const at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  productInto(out, a, b, {bias, false});
  return out;
}

}  // namespace trainer::cuda
