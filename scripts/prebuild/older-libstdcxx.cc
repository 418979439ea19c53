// Functions of libstdc++ that a newer compiler's headers ask for and that the claimed release's library has not yet:
// linked into each prebuilt addon. The check of symbols says when another one is needed.
#define _GLIBCXX_EXTERN_TEMPLATE 0
#include <exception>
#include <new>
#include <sstream>

namespace std {
void __throw_bad_array_new_length() { throw bad_array_new_length(); }
}  // namespace std

template std::string std::stringbuf::str() const&;

// A variable of glibc 2.32, which a cross compiler's own headers ask for: 0 is always right, if slower.
extern "C" {
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;
}

// The copying constructor and the destructor. Newer headers have them inline, by what is defined here, and every
// release of the library exports them: by their version it is the library's that are called, and no copy of the
// header's.
extern "C" {
void copyException(void* self, const void* other) noexcept;
void destroyException(void* self) noexcept;
}
// Nobody else may come to call these in place of the library's own: its constructor calls _M_addref.
__asm__(".hidden _ZNSt15__exception_ptr13exception_ptr9_M_addrefEv");
__asm__(".hidden _ZNSt15__exception_ptr13exception_ptr10_M_releaseEv");
__asm__(".symver copyException, _ZNSt15__exception_ptr13exception_ptrC1ERKS0_@CXXABI_1.3.3");
__asm__(".symver destroyException, _ZNSt15__exception_ptr13exception_ptrD1Ev@CXXABI_1.3.3");

namespace std::__exception_ptr {
/** A copy that nobody destroys is one reference more. */
void exception_ptr::_M_addref() noexcept {
  alignas(exception_ptr) unsigned char copy[sizeof(exception_ptr)];
  copyException(copy, this);
}
void exception_ptr::_M_release() noexcept { destroyException(this); }
}  // namespace std::__exception_ptr
