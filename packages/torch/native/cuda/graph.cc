#include <cuda.h>
// libtorch's headers ask for its version.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include <map>
#include <memory>

// Graphs of a GPU's work.

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

/** Each thread that runs JavaScript has its own; what is left is never freed, as the driver may be gone by then. */
struct Graphs {
  std::map<int64_t, std::unique_ptr<Graph>> all;
  int64_t last = 0;
};

Graphs& graphs() {
  thread_local auto* made = new Graphs;
  return *made;
}

Graph& graphOf(int64_t number, const char* op) {
  const auto found = graphs().all.find(number);
  TORCH_CHECK(found != graphs().all.end(), op, ": there is no graph ", number);
  return *found->second;
}

int64_t begin() {
  auto graph = std::make_unique<Graph>();
  c10::cuda::device_synchronize();  // what runs on the side stream reads what was made on this one
  c10::cuda::setCurrentCUDAStream(graph->side);
  const int64_t number = ++graphs().last;
  graphs().all.emplace(number, std::move(graph));
  return number;
}

void capture(int64_t number) {
  Graph& graph = graphOf(number, "graph_capture");
  c10::cuda::device_synchronize();
  // Other threads may do what a capture forbids.
  graph.graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
  graph.capturing = true;
}

void end(int64_t number) {
  Graph& graph = graphOf(number, "graph_end");
  graph.capturing = false;
  graph.graph.capture_end();
  c10::cuda::setCurrentCUDAStream(graph.before);
}

void abort(int64_t number) {
  Graph& graph = graphOf(number, "graph_abort");
  if (graph.capturing) {
    try {
      graph.graph.capture_end();
    } catch (const std::exception&) {  // the caller that aborts has the first error
    }
  }
  c10::cuda::setCurrentCUDAStream(graph.before);
  graphs().all.erase(number);
}

void replay(int64_t number) { graphOf(number, "graph_replay").graph.replay(); }

void release(int64_t number) {
  graphOf(number, "graph_free");
  c10::cuda::device_synchronize();  // its memory is the next user's
  graphs().all.erase(number);
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, CompositeImplicitAutograd, m) {
  m.impl("graph_begin", &begin);
  m.impl("graph_capture", &capture);
  m.impl("graph_end", &end);
  m.impl("graph_abort", &abort);
  m.impl("graph_replay", &replay);
  m.impl("graph_free", &release);
}

}  // namespace trainer::cuda
