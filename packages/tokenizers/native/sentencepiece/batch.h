#pragma once

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "../documents.h"
#include "../parallel.h"
#include "model.h"

namespace tok {

struct Free {
  void operator()(void* memory) const { free(memory); }
};

template <typename Id>
struct Batch {
  std::unique_ptr<Id, Free> ids;
  size_t size = 0;
  std::vector<uint32_t> counts;
};

/** Encodes whole documents on threads; `endToken`, unless negative, follows each. */
template <typename Id>
Batch<Id> encodeDocuments(const Model& model, const Documents& documents, int64_t endToken, unsigned threads) {
  constexpr uint64_t kBytes = 1 << 16;  // a thread takes about so much text at a time
  const size_t count = documents.ends.size();
  std::vector<size_t> firsts{0};  // the first document of each part
  uint64_t begin = 0;
  for (size_t d = 0; d < count; d++) {
    if (documents.ends[d] - begin < kBytes) continue;
    firsts.push_back(d + 1);
    begin = documents.ends[d];
  }
  if (firsts.back() != count) firsts.push_back(count);
  const size_t parts = firsts.size() - 1;

  Batch<Id> out;
  out.counts.resize(count);
  std::vector<std::vector<Id>> found(parts);
  std::atomic<size_t> next{0};
  inParallel(std::min<size_t>(threads, std::max<size_t>(parts, 1)), [&](unsigned) {
    std::vector<int> ids;
    for (size_t part; (part = next++) < parts;) {
      std::vector<Id>& into = found[part];
      for (size_t d = firsts[part]; d < firsts[part + 1]; d++) {
        const auto* text = reinterpret_cast<const char*>(documents.bytes.data()) + documents.start(d);
        model.encode({text, static_cast<size_t>(documents.ends[d] - documents.start(d))}, ids);
        into.insert(into.end(), ids.begin(), ids.end());
        if (endToken >= 0) into.push_back(static_cast<Id>(endToken));
        out.counts[d] = ids.size() + (endToken >= 0 ? 1 : 0);
      }
    }
  });

  for (const auto& part : found) out.size += part.size();
  if (out.size == 0) return out;
  out.ids.reset(static_cast<Id*>(malloc(out.size * sizeof(Id))));
  if (!out.ids) throw std::bad_alloc();
  Id* at = out.ids.get();
  for (auto& part : found) {
    if (!part.empty()) memcpy(at, part.data(), part.size() * sizeof(Id));
    at += part.size();
    std::vector<Id>().swap(part);
  }
  return out;
}

}  // namespace tok
