// Memory straight from the operating system, and straight back to it.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace gradus {

/// Zeroed whole pages. A page costs nothing until it is touched, and freeing returns them all at once, which the heap
/// does not promise. Throws std::bad_alloc.
class Pages {
 public:
  Pages() noexcept = default;
  explicit Pages(std::size_t bytes);
  /// Part of what `owner` keeps.
  Pages(std::byte* data, std::size_t bytes, std::shared_ptr<void> owner) noexcept
      : data_(data), size_(bytes), owner_(std::move(owner)) {}
  ~Pages();
  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;

  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::shared_ptr<void> owner_;  // null: mapped by these pages alone
};

/// The size of a huge page. An array of at least as many bytes, starting on a multiple of it, may be asked for in such
/// pages before it is touched: fewer faults, fewer misses of the page table. A wish; refused, nothing is lost.
inline constexpr std::size_t kHugePageSize = std::size_t{2} << 20;
void ask_for_huge_pages(void* memory, std::size_t bytes) noexcept;

}  // namespace gradus
