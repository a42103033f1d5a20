#include "base/pages.h"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace gradus {
namespace {

// A data set is written from end to end and then read by rows at random: a fault for every 2 MB instead of every 4 KB
// (16.5 -> 2.4 ms for 40 MB), and fewer misses of the page table. Smaller arrays would only be rounded up.
constexpr std::size_t kHugeFrom = std::size_t{8} << 20;

}  // namespace

Pages::Pages(std::size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(memory);
  if (bytes >= kHugeFrom) ::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: refused, nothing is lost
}

Pages::~Pages() {
  if (data_ != nullptr && owner_ == nullptr) ::munmap(data_, size_);
}

Pages::Pages(Pages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      owner_(std::move(other.owner_)) {}

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(owner_, other.owner_);
  return *this;
}

void ask_for_huge_pages(void* memory, std::size_t bytes) noexcept {
  ::madvise(memory, bytes, MADV_HUGEPAGE);
}

}  // namespace gradus
