// Memory that ends where a page does, with a page behind it that nobody may touch: whoever writes or reads past a buffer of the
// arena's, LibTorch's or oneDNN's, or uses it after it was freed, ends the program there and then, whatever code does it. (A sanitizer
// sees only what was compiled with it, valgrind knows no AVX-512.) Linked into a program, it takes the place of the C library's.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t size);                   // NOLINT: glibc's own names
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __libc_realloc(void* pointer, std::size_t size);   // NOLINT
void __libc_free(void* pointer);                         // NOLINT
}

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kSmall = 512;  // what takes less stays glibc's: a process may have some 65,000 mappings
constexpr std::size_t kAlignment = alignof(std::max_align_t);
constexpr std::size_t kRoom = std::size_t{1} << 42;  // addresses, not memory; each is used once

std::byte* room() {
  static std::byte* const begin = [] {
    void* reserved = mmap(nullptr, kRoom, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
      std::perror("guarded memory");
      std::_Exit(1);
    }
    return static_cast<std::byte*>(reserved);
  }();
  return begin;
}

std::atomic<std::size_t> used{0};

bool ours(const void* pointer) {
  const auto* at = static_cast<const std::byte*>(pointer);
  return at >= room() && at < room() + kRoom;
}

// In the page in front of what is given away.
struct Header {
  std::byte* first;  // of all pages but the last, closed one
  std::size_t bytes;
  std::byte* end;  // of what was asked for
};

Header* header_of(std::byte* memory) {
  const auto at = reinterpret_cast<std::uintptr_t>(memory);
  return reinterpret_cast<Header*>(at / kPage * kPage - kPage);
}

// Between the end and the next page, where the alignment leaves bytes.
constexpr std::byte kCanary{0xa5};
std::byte* next_page(std::byte* end) {
  return reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(end) + kPage - 1) / kPage * kPage);
}

void* allocate(std::size_t alignment, std::size_t size) {
  const std::size_t bytes = (1 + (size + alignment + kPage - 1) / kPage) * kPage;
  const std::size_t begin = used.fetch_add(bytes + kPage);
  if (alignment > kPage || begin + bytes + kPage > kRoom) {
    return nullptr;
  }
  std::byte* first = room() + begin;
  if (mprotect(first, bytes, PROT_READ | PROT_WRITE) != 0) {
    return nullptr;
  }
  std::byte* memory = first + bytes - size;
  memory -= reinterpret_cast<std::uintptr_t>(memory) % alignment;
  *header_of(memory) = {first, bytes, memory + size};
  std::fill(memory + size, first + bytes, kCanary);
  return memory;
}

void release(void* pointer) {
  auto* memory = static_cast<std::byte*>(pointer);
  const Header header = *header_of(memory);
  if (!std::all_of(header.end, next_page(header.end), [](std::byte b) { return b == kCanary; })) {
    std::fputs("guarded memory: somebody wrote past the end of a buffer\n", stderr);
    std::abort();
  }
  // The addresses stay closed for good, the memory goes back.
  madvise(header.first, header.bytes, MADV_DONTNEED);
  mprotect(header.first, header.bytes, PROT_NONE);
}

}  // namespace

extern "C" {

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = allocate(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return allocate(alignment, size); }

void* memalign(std::size_t alignment, std::size_t size) { return allocate(alignment, size); }

void* malloc(std::size_t size) { return size < kSmall ? __libc_malloc(size) : allocate(kAlignment, size); }

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    return nullptr;
  }
  return bytes < kSmall ? __libc_calloc(count, size) : allocate(kAlignment, bytes);  // new pages are zero
}

void* realloc(void* pointer, std::size_t size) {
  if (pointer == nullptr) {
    return malloc(size);
  }
  if (!ours(pointer)) {
    return __libc_realloc(pointer, size);
  }
  void* moved = malloc(size);
  if (moved != nullptr) {
    const Header* header = header_of(static_cast<std::byte*>(pointer));
    std::memcpy(moved, pointer, std::min(size, static_cast<std::size_t>(header->end - static_cast<std::byte*>(pointer))));
    release(pointer);
  }
  return moved;
}

std::size_t malloc_usable_size(void* pointer) {
  return ours(pointer) ? static_cast<std::size_t>(header_of(static_cast<std::byte*>(pointer))->end - static_cast<std::byte*>(pointer)) : 0;
}

void free(void* pointer) {
  if (pointer != nullptr && ours(pointer)) {
    release(pointer);
  } else {
    __libc_free(pointer);
  }
}
}
