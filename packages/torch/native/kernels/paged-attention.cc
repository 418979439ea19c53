#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "checks.h"
#include "library.h"
#include "table.h"

// Attention where keys and values lie in pages of a few tokens, so that sequences grow, end and share their beginnings
// without a copy. Any number of tokens of any sequences are read in a pass, and each comes out as it does alone.

namespace trainer {

namespace {

constexpr const char* kOp = "paged_attention";

/** Pages of one layer: each (nkv, tokens, hs) of keys and of values. */
struct Pages {
  std::vector<float*> keys, values;
  int64_t heads, tokens, size;

  int64_t ofHead(int64_t head) const { return head * tokens * size; }
};

Pages pagesOf(at::TensorList all, int64_t layer, const at::Tensor& k) {
  TORCH_CHECK(!all.empty(), kOp, ": there are no pages");
  const at::Tensor& first = all[0];
  Pages pages{{}, {}, k.size(1), first.dim() == 5 ? first.size(3) : 0, k.size(3)};
  for (const at::Tensor& page : all) {
    requireFloat(page, kOp, "a page", 5);
    TORCH_CHECK(page.is_contiguous() && page.numel() > 0 && layer >= 0 && layer < page.size(0) &&
                    page.sizes() == at::IntArrayRef({page.size(0), 2, pages.heads, pages.tokens, pages.size}),
                kOp, ": a page must be (layers, 2, ", pages.heads, ", ", pages.tokens, ", ", pages.size,
                ") and have layer ", layer, ", not ", page.sizes());
    const int64_t half = pages.heads * pages.tokens * pages.size;
    float* data = page.mutable_data_ptr<float>() + 2 * layer * half;
    pages.keys.push_back(data);
    pages.values.push_back(data + half);
  }
  return pages;
}

/** Tokens of a pass that follow one another in a sequence: the first one's number and position. */
struct Stretch {
  int64_t first, count, position;
  const int64_t* pages;

  int64_t length() const { return position + count; }
};

std::vector<Stretch> stretchesOf(const at::Tensor& table, const at::Tensor& positions) {
  const int64_t width = table.size(1);
  const int64_t* pages = table.const_data_ptr<int64_t>();
  const int64_t* position = positions.const_data_ptr<int64_t>();
  std::vector<Stretch> stretches;
  for (int64_t n = 0; n < table.size(0); ++n, pages += width) {
    if (n > 0 && position[n] == position[n - 1] + 1 && std::equal(pages, pages + width, pages - width))
      ++stretches.back().count;
    else
      stretches.push_back({n, 1, position[n], pages});
  }
  return stretches;
}

void requirePlaces(const at::Tensor& table, const at::Tensor& positions, const Pages& pages, int64_t tokens) {
  const auto isOfNumbers = [](const at::Tensor& t, int64_t dim) {
    return t.device().is_cpu() && t.scalar_type() == at::kLong && t.is_contiguous() && t.dim() == dim;
  };
  TORCH_CHECK(
      isOfNumbers(table, 2) && isOfNumbers(positions, 1) && table.size(0) == tokens && positions.size(0) == tokens, kOp,
      ": there must be one row of pages and one position a token, in int64, not ", table.sizes(), " and ",
      positions.sizes());
  const int64_t width = table.size(1), count = static_cast<int64_t>(pages.keys.size());
  for (int64_t n = 0; n < tokens; ++n) {
    const int64_t position = positions.const_data_ptr<int64_t>()[n];
    TORCH_CHECK(position >= 0 && position < width * pages.tokens, kOp, ": there is no place ", position, " in ", width,
                " pages of ", pages.tokens);
    for (int64_t i = 0; i <= position / pages.tokens; ++i) {
      const int64_t page = table.const_data_ptr<int64_t>()[n * width + i];
      TORCH_CHECK(page >= 0 && page < count, kOp, ": there is no page ", page, " of ", count);
    }
  }
}

/** Writes keys or values (N, nkv, 1, hs) to their places. */
void store(const std::vector<float*>& to, const Pages& pages, const at::Tensor& tokens,
           const std::vector<Stretch>& stretches) {
  const float* from = tokens.const_data_ptr<float>();
  for (const Stretch& stretch : stretches)
    for (int64_t i = 0; i < stretch.count; ++i) {
      const int64_t position = stretch.position + i;
      float* page = to[stretch.pages[position / pages.tokens]] + position % pages.tokens * pages.size;
      for (int64_t h = 0; h < pages.heads; ++h)
        std::copy_n(from + (stretch.first + i) * tokens.stride(0) + h * tokens.stride(1), pages.size,
                    page + pages.ofHead(h));
    }
}

/** Queries that look at one head of keys: `rows` of them, those of the result as many floats apart. */
struct Queries {
  const float* q;
  int64_t stride, rows;
  float* out;
  int64_t outStride;
};

/** `weights` holds rows x stretch.length() floats; `out` is 0. */
void attend(const Queries& queries, const Stretch& stretch, const Pages& pages, int64_t head, float* weights) {
  const int64_t length = stretch.length(), size = pages.size;
  const float scale = 1.0f / std::sqrt(static_cast<float>(size));
  const auto eachPage = [&](const std::vector<float*>& from, auto&& body) {
    for (int64_t start = 0; start < length; start += pages.tokens)
      body(from[stretch.pages[start / pages.tokens]] + pages.ofHead(head), start,
           std::min(pages.tokens, length - start));
  };
  eachPage(pages.keys, [&](const float* keys, int64_t start, int64_t count) {
    kernels().dotRows(keys, {queries.q, queries.stride, queries.rows, weights + start, length, size}, 0, count);
  });
  for (int64_t row = 0; row < queries.rows; ++row) {
    float* own = weights + row * length;
    const int64_t seen = stretch.count == 1 ? length : stretch.position + row + 1;
    kernels().softmaxRow(own, seen, scale);
    std::fill(own + seen, own + length, 0.0f);  // adds nothing to the sums below, to the bit
  }
  eachPage(pages.values, [&](const float* values, int64_t start, int64_t count) {
    kernels().dotColumns(values, size, {weights + start, length, queries.rows, queries.out, queries.outStride, count},
                         0, size);
  });
}

at::Tensor withFullRows(const at::Tensor& t) { return t.stride(-1) == 1 ? t : t.contiguous(); }

at::Tensor pagedAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, at::TensorList all,
                          const at::Tensor& table, const at::Tensor& positions, int64_t layer) {
  requireFloat(query, kOp, "q", 4);
  requireFloat(key, kOp, "k", 4);
  requireFloat(value, kOp, "v", 4);
  const int64_t tokens = query.size(0), heads = query.size(1), shared = key.size(1), size = query.size(3);
  TORCH_CHECK(query.numel() > 0 && query.size(2) == 1 && shared > 0 && heads % shared == 0 &&
                  key.sizes() == at::IntArrayRef({tokens, shared, 1, size}) && key.sizes() == value.sizes(),
              kOp, ": q (N, nh, 1, hs), k and v (N, nkv, 1, hs) do not fit: ", query.sizes(), ", ", key.sizes(), ", ",
              value.sizes());
  TORCH_CHECK(!needsGrad({query, key, value}), kOp, ": it has no gradient");
  const Pages pages = pagesOf(all, layer, key);
  requirePlaces(table, positions, pages, tokens);
  const std::vector<Stretch> stretches = stretchesOf(table, positions);
  store(pages.keys, pages, withFullRows(key), stretches);
  store(pages.values, pages, withFullRows(value), stretches);

  const at::Tensor q = withFullRows(query);
  const at::Tensor out = at::zeros({tokens, heads, 1, size}, q.options());
  const int64_t groups = heads / shared;
  const float* qData = q.const_data_ptr<float>();
  float* outData = out.mutable_data_ptr<float>();
  const auto items = static_cast<int64_t>(stretches.size()) * shared;
  at::parallel_for(0, items, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> weights;
    for (int64_t i = begin; i < end; ++i) {
      const Stretch& stretch = stretches[static_cast<size_t>(i / shared)];
      const int64_t head = i % shared, rows = stretch.count == 1 ? groups : stretch.count;
      weights.resize(static_cast<size_t>(std::max<int64_t>(rows * stretch.length(), weights.size())));
      for (int64_t g = 0; g < groups; g += stretch.count == 1 ? groups : 1) {
        const float* from = qData + stretch.first * q.stride(0) + (head * groups + g) * q.stride(1);
        float* to = outData + (stretch.first * heads + head * groups + g) * size;
        const bool isOne = stretch.count == 1;  // then the queries of a key are the rows, else the tokens
        attend({from, q.stride(isOne ? 1 : 0), rows, to, isOne ? size : heads * size}, stretch, pages, head,
               weights.data());
      }
    }
  });
  return out;
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def(
      "paged_attention(Tensor q, Tensor k, Tensor v, Tensor(a!)[] pages, Tensor table, Tensor positions, int layer) -> "
      "Tensor",
      &pagedAttention);
}

}  // namespace trainer
