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

}  // namespace gradus
