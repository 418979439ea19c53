#include "library.h"

namespace trainer {

/** Operators that write a token on a GPU: native/cuda has all of them, and none has a gradient. */
TRAINER_OPERATORS(m) {
  m.def("graph_begin() -> int");
  m.def("graph_capture(int graph) -> ()");
  m.def("graph_end(int graph) -> ()");
  m.def("graph_abort(int graph) -> ()");
  m.def("graph_replay(int graph) -> ()");
  m.def("graph_free(int graph) -> ()");
  m.def(
      "unpack_token(Tensor qkv, int heads, int kv_heads, Tensor? cos, Tensor? sin, Tensor? q_weight, Tensor? k_weight, "
      "float eps) -> (Tensor, Tensor)");
  m.def(
      "sample_rows(Tensor logits, Tensor? seen, Tensor uniform, float temperature, int top_k, float top_p, float "
      "min_p, float penalty) -> Tensor");
}

}  // namespace trainer
