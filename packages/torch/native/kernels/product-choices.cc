#include "product-choices.h"

#include <sstream>
#include <stdexcept>

namespace trainer {

namespace {

constexpr const char* kOneDnnName = "onednn";
constexpr const char* kMklName = "mkl";

}  // namespace

ProductChoices ProductChoices::read(const std::vector<std::string>& lines) {
  ProductChoices choices;
  for (const std::string& line : lines) {
    std::istringstream words(line);
    std::string sides, library;
    ProductShape shape{};
    words >> sides >> shape.m >> shape.k >> shape.n >> library;
    const bool isWhole = !words.fail() && words.eof() && (library == kOneDnnName || library == kMklName) &&
                         sides.size() == 2 && sides.find_first_not_of("nt") == std::string::npos;
    if (!isWhole) throw std::invalid_argument("this is no choice of a library for a product: " + line);
    shape.leftTurned = sides[0] == 't';
    shape.rightTurned = sides[1] == 't';
    choices.note(shape, library == kMklName ? Library::kMkl : Library::kOneDnn);
  }
  return choices;
}

std::optional<Library> ProductChoices::of(const ProductShape& shape) const {
  const auto found = chosen_.find(shape);
  return found == chosen_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> ProductChoices::written() const {
  std::vector<std::string> lines;
  for (const auto& [shape, library] : chosen_) {
    std::ostringstream line;
    line << (shape.leftTurned ? 't' : 'n') << (shape.rightTurned ? 't' : 'n') << ' ' << shape.m << ' ' << shape.k << ' '
         << shape.n << ' ' << (library == Library::kMkl ? kMklName : kOneDnnName);
    lines.push_back(line.str());
  }
  return lines;
}

std::optional<ProductChoices>& productChoices() {
  static thread_local std::optional<ProductChoices> choices;
  return choices;
}

}  // namespace trainer
