#include <cuda.h>
// libtorch's headers ask for its version.
#include <ATen/cuda/CUDAGraph.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include <map>
#include <memory>

// Graphs of a GPU's work, and copies to the host behind it that nothing waits for but who reads them.

namespace trainer::cuda {

namespace {

using c10::cuda::CUDAStream;

/** Work is captured on a stream of its own, as the default one cannot be. */
struct Graph {
  CUDAStream before = c10::cuda::getCurrentCUDAStream();
  CUDAStream side = c10::cuda::getStreamFromPool();
  at::cuda::CUDAGraph graph;
  bool capturing = false;
};

struct Posted {
  at::Tensor numbers;  // in pinned memory
  c10::cuda::CUDAEvent there;
};

template <typename Entry>
class Numbered {
 public:
  int64_t add(std::unique_ptr<Entry> entry) {
    all_.emplace(++last_, std::move(entry));
    return last_;
  }
  Entry& at(int64_t number, const char* op) {
    const auto found = all_.find(number);
    TORCH_CHECK(found != all_.end(), op, ": there is no number ", number);
    return *found->second;
  }
  void erase(int64_t number) { all_.erase(number); }

 private:
  std::map<int64_t, std::unique_ptr<Entry>> all_;
  int64_t last_ = 0;
};

// Each thread that runs JavaScript has its own; what is left is never freed, as the driver may be gone by then.
Numbered<Graph>& graphs() {
  thread_local auto* all = new Numbered<Graph>;
  return *all;
}
Numbered<Posted>& posts() {
  thread_local auto* all = new Numbered<Posted>;
  return *all;
}

int64_t begin() {
  auto graph = std::make_unique<Graph>();
  c10::cuda::device_synchronize();  // what runs on the side stream reads what was made on this one
  c10::cuda::setCurrentCUDAStream(graph->side);
  return graphs().add(std::move(graph));
}

void capture(int64_t number) {
  Graph& graph = graphs().at(number, "graph_capture");
  c10::cuda::device_synchronize();
  // Other threads may do what a capture forbids.
  graph.graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
  graph.capturing = true;
}

void end(int64_t number) {
  Graph& graph = graphs().at(number, "graph_end");
  graph.capturing = false;
  graph.graph.capture_end();
  c10::cuda::setCurrentCUDAStream(graph.before);
}

void abort(int64_t number) {
  Graph& graph = graphs().at(number, "graph_abort");
  if (graph.capturing) {
    try {
      graph.graph.capture_end();
    } catch (const std::exception&) {  // whoever aborts has the first error
    }
  }
  c10::cuda::setCurrentCUDAStream(graph.before);
  graphs().erase(number);
}

void replay(int64_t number) { graphs().at(number, "graph_replay").graph.replay(); }

void release(int64_t number) {
  graphs().at(number, "graph_free");
  c10::cuda::device_synchronize();  // its memory is the next user's
  graphs().erase(number);
}

int64_t post(const at::Tensor& numbers) {
  TORCH_CHECK(numbers.is_cuda(), "graph_post: numbers must be on a GPU");
  auto posted = std::make_unique<Posted>();
  posted->numbers = at::empty(numbers.sizes(), at::TensorOptions().dtype(numbers.scalar_type()).pinned_memory(true));
  posted->numbers.copy_(numbers, /*non_blocking=*/true);
  posted->there.record(c10::cuda::getCurrentCUDAStream());
  return posts().add(std::move(posted));
}

at::Tensor take(int64_t number) {
  Posted& posted = posts().at(number, "graph_take");
  posted.there.synchronize();
  const at::Tensor numbers = posted.numbers;
  posts().erase(number);
  return numbers;
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, CompositeImplicitAutograd, m) {
  m.impl("graph_begin", &begin);
  m.impl("graph_capture", &capture);
  m.impl("graph_end", &end);
  m.impl("graph_abort", &abort);
  m.impl("graph_replay", &replay);
  m.impl("graph_free", &release);
  m.impl("graph_post", &post);
  m.impl("graph_take", &take);
}

}  // namespace trainer::cuda
