#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace trainer {

/** Libraries for products of two float32 matrices on the CPU. */
enum class Library { kOneDnn, kMkl };

/** A product (m, k) by (k, n), and which of its sides are transposed in memory. */
struct ProductShape {
  bool leftTurned, rightTurned;
  int64_t m, k, n;

  auto operator<=>(const ProductShape&) const = default;
};

/** Library by shape, as it was measured: a run's results are the same to the bit only as long as it keeps to it. */
class ProductChoices {
 public:
  /** @throws std::invalid_argument for what `written` has not written */
  static ProductChoices read(const std::vector<std::string>& lines);

  std::optional<Library> of(const ProductShape& shape) const;
  void note(const ProductShape& shape, Library library) { chosen_.insert_or_assign(shape, library); }
  /** A line for each: "nt 1024 256 768 mkl", n for a side as it is and t for a transposed one. */
  std::vector<std::string> written() const;

 private:
  std::map<ProductShape, Library> chosen_;
};

/** This thread's; none: nothing is measured, and oneDNN multiplies where it can. */
std::optional<ProductChoices>& productChoices();

}  // namespace trainer
