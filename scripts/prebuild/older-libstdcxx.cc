// Functions of libstdc++ that a newer compiler's headers ask for and that the claimed release's library has not yet:
// linked into each prebuilt addon. The check of symbols says when another one is needed.
#define _GLIBCXX_EXTERN_TEMPLATE 0
#include <new>
#include <sstream>

namespace std {
void __throw_bad_array_new_length() { throw bad_array_new_length(); }
}  // namespace std

template std::string std::stringbuf::str() const&;
