#include "weight-copies.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/intrusive_ptr.h>

#include <map>
#include <mutex>

#include "kernel.h"

namespace trainer::cuda {

namespace {

struct Entry {
  c10::weak_intrusive_ptr<c10::StorageImpl> of;
  at::Tensor copy;    // of the weight's shape
  at::Tensor padded;  // what `copy` is the beginning of; undefined in a stack
  uint32_t version;   // of the weight when the copy was equal to it
  bool current;
};

struct Copies {
  std::mutex mutex;
  std::map<const void*, Entry> entries;  // keyed by the weight's address
};

Copies& copies() {
  static auto* made = new Copies;
  return *made;
}

uint32_t versionOf(const at::Tensor& t) { return t.unsafeGetTensorImpl()->version_counter().current_version(); }

/** Drops copies whose weights are gone. */
void sweep(Copies& all) {
  for (auto it = all.entries.begin(); it != all.entries.end();)
    it = it->second.of.expired() ? all.entries.erase(it) : std::next(it);
}

Entry* find(Copies& all, const at::Tensor& weight, at::ScalarType type) {
  const auto found = all.entries.find(weight.const_data_ptr());
  if (found == all.entries.end()) return nullptr;
  Entry& e = found->second;
  if (e.of.expired() || e.copy.sizes() != weight.sizes() || e.copy.scalar_type() != type) {
    all.entries.erase(found);
    return nullptr;
  }
  return &e;
}

void refresh(Entry& e, const at::Tensor& weight) {
  const uint32_t version = versionOf(weight);
  if (e.current && e.version == version) return;
  // A recorded graph would make the copy at each replay, and one that is given up never.
  TORCH_CHECK(!isRecording(),
              "a weight was changed since the last step: its copy cannot be made while work is recorded");
  e.copy.copy_(weight);
  e.version = version;
  e.current = true;
}

Entry& insert(Copies& all, const at::Tensor& weight, at::Tensor copy, at::Tensor padded) {
  sweep(all);
  Entry entry{c10::weak_intrusive_ptr<c10::StorageImpl>(
                  c10::intrusive_ptr<c10::StorageImpl>::reclaim_copy(weight.storage().unsafeGetStorageImpl())),
              std::move(copy), std::move(padded), 0, false};
  return all.entries.insert_or_assign(weight.const_data_ptr(), std::move(entry)).first->second;
}

Entry& entryOf(Copies& all, const at::Tensor& weight, at::ScalarType type) {
  if (Entry* known = find(all, weight, type)) return *known;
  std::vector<int64_t> sizes = weight.sizes().vec();
  const int64_t rows = sizes[0];
  if (sizes.size() == 2) sizes[0] = (rows + 63) / 64 * 64;
  const at::Tensor padded = at::zeros(sizes, weight.options().dtype(type).requires_grad(false));
  return insert(all, weight, padded.narrow(0, 0, rows), padded);
}

}  // namespace

at::Tensor inType(const at::Tensor& weight, at::ScalarType type) {
  if (weight.scalar_type() == type) return weight.contiguous();
  if (!weight.is_contiguous()) {
    if (weight.dim() == 2 && weight.t().is_contiguous()) return inType(weight.t(), type).t();
    return weight.to(type).contiguous();
  }
  const at::AutoGradMode noGrad(false);
  Copies& all = copies();
  std::lock_guard<std::mutex> lock(all.mutex);
  Entry& e = entryOf(all, weight, type);
  refresh(e, weight);
  return e.copy;
}

at::Tensor paddedInType(const at::Tensor& weight, at::ScalarType type) {
  const at::AutoGradMode noGrad(false);
  if (weight.scalar_type() == type || !weight.is_contiguous()) return weight.to(type).contiguous();
  Copies& all = copies();
  std::lock_guard<std::mutex> lock(all.mutex);
  Entry& e = entryOf(all, weight, type);
  refresh(e, weight);
  return e.padded.defined() ? e.padded : e.copy;
}

at::Tensor stackedInType(at::TensorList weights, at::ScalarType type) {
  const at::AutoGradMode noGrad(false);
  int64_t rows = 0;
  for (const at::Tensor& w : weights) {
    TORCH_CHECK(w.is_contiguous(), "a weight of several side by side must be contiguous");
    rows += w.size(0);
  }
  std::vector<int64_t> sizes = weights[0].sizes().vec();
  sizes[0] = rows;
  Copies& all = copies();
  std::lock_guard<std::mutex> lock(all.mutex);
  Entry* first = find(all, weights[0], type);
  bool together = first != nullptr;
  int64_t at = 0;
  for (const at::Tensor& w : weights) {
    const Entry* e = find(all, w, type);
    together = together && e != nullptr && e->copy.storage().is_alias_of(first->copy.storage()) &&
               e->copy.storage_offset() == first->copy.storage_offset() + at;
    at += w.numel();
  }
  if (!together) {
    const at::Tensor stack = at::empty(sizes, weights[0].options().dtype(type).requires_grad(false));
    at = 0;
    for (const at::Tensor& w : weights) {
      insert(all, w, stack.narrow(0, at, w.size(0)), at::Tensor());
      at += w.size(0);
    }
  }
  for (const at::Tensor& w : weights) refresh(*find(all, w, type), w);
  first = find(all, weights[0], type);
  return first->copy.as_strided(sizes, first->copy.strides(), first->copy.storage_offset());
}

at::Tensor copyOf(const at::Tensor& weight) {
  Copies& all = copies();
  std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.entries.find(weight.const_data_ptr());
  if (found == all.entries.end() || found->second.of.expired() || found->second.copy.sizes() != weight.sizes())
    return {};
  return found->second.copy;
}

void copyWritten(const at::Tensor& weight) {
  Copies& all = copies();
  std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.entries.find(weight.const_data_ptr());
  if (found == all.entries.end()) return;
  found->second.version = versionOf(weight);
  found->second.current = true;
}

}  // namespace trainer::cuda
