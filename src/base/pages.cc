#include "base/pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <limits>
#include <new>
#include <utility>

namespace gradus {
namespace {

// Whole pages of 2 MB fault once instead of 512 times, which is most of what new memory costs (37 MB written: 16 -> 3
// ms on one machine, 115 -> 3 ms on a virtual one), and miss the page table less. The kernel gives them only where one
// fits, so large arrays start on a multiple of their size; from 8 MB on, the end is rounded up too.
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kSmallPage = std::size_t{64} << 10;  // the largest that a supported kernel uses
constexpr std::size_t kRoundedFrom = std::size_t{8} << 20;

std::size_t round_up(std::size_t bytes, std::size_t multiple) {
  if (bytes > std::numeric_limits<std::size_t>::max() - multiple) throw std::bad_alloc();
  return (bytes + multiple - 1) / multiple * multiple;
}

std::byte* map(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(memory);
}

/// `bytes`, a multiple of kSmallPage, from a multiple of kHugePage on: what was mapped too much before and behind goes
/// back.
std::byte* map_aligned(std::size_t bytes) {
  std::byte* first = map(bytes + kHugePage);
  const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(first) % kHugePage) % kHugePage;
  if (before > 0) ::munmap(first, before);
  ::munmap(first + before + bytes, kHugePage - before);
  return first + before;
}

}  // namespace

Pages::Pages(std::size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  if (bytes < kHugePage) {
    data_ = map(bytes);
    return;
  }
  size_ = round_up(bytes, bytes >= kRoundedFrom ? kHugePage : kSmallPage);
  data_ = map_aligned(size_);
  ::madvise(data_, size_, MADV_HUGEPAGE);  // a wish: refused, nothing is lost
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
