#pragma once
#include <c10/util/ArrayRef.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What the hooks and the trace of a profile must agree on, so that what each knows of an operator meets in one row.

namespace trainer::profiling {

inline constexpr std::string_view kProduct = "trainer::product";

inline bool startsWith(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

/** Attention in one operator; what it calls for a part of its work differs from version to version. */
inline bool isAttention(const std::string& name) {
  return startsWith(name, "aten::_scaled_dot_product_") && name.find("_math") == std::string::npos;
}

/** Operators within such a one are part of it, not rows of their own. */
inline bool isWhole(const std::string& name) { return name == kProduct || isAttention(name); }

/** The autograd engine names its record after each node, which has a record of its own within. */
inline std::string rowName(const std::string& name) {
  return startsWith(name, "autograd::engine::evaluate_function") ? "autograd::engine" : name;
}

/** Index of a matrix product's first factor; the second follows it. */
inline std::optional<size_t> firstFactor(const std::string& name) {
  if (name == "aten::mm" || name == "aten::bmm") return 0;
  if (name == "aten::addmm" || name == "aten::baddbmm" || name == kProduct) return 1;
  return std::nullopt;
}

struct ProductSize {
  int64_t rows, depth, columns;

  std::string text() const {
    return std::to_string(rows) + " x " + std::to_string(depth) + " x " + std::to_string(columns);
  }
  double flops() const {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(depth) * static_cast<double>(columns);
  }
};

/** (..., n, k) x (..., k, m): the leading sizes of the first factor count as rows. */
inline std::optional<ProductSize> productSize(c10::ArrayRef<int64_t> a, c10::ArrayRef<int64_t> b) {
  if (a.size() < 2 || b.size() < 2) return std::nullopt;
  int64_t rows = 1;
  for (const int64_t size : a.slice(0, a.size() - 1)) rows *= size;
  return ProductSize{rows, a.back(), b.back()};
}

}  // namespace trainer::profiling
