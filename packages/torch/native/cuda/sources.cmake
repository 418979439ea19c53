# Writes OUT: the texts of FILES, by their names.
set(TEXT "#include \"cuda/sources.h\"\n\n#include <c10/util/Exception.h>\n\nnamespace trainer::cuda {\n\nstd::string textOf(const std::string& file) {\n")
foreach(FILE IN LISTS FILES)
  get_filename_component(NAME "${FILE}" NAME)
  file(READ "${FILE}" CONTENT)
  string(APPEND TEXT "  if (file == \"${NAME}\") return R\"KERNEL(${CONTENT})KERNEL\";\n")
endforeach()
string(APPEND TEXT "  TORCH_CHECK(false, \"there is no CUDA source \", file);\n}\n\n}  // namespace trainer::cuda\n")
file(WRITE "${OUT}" "${TEXT}")
