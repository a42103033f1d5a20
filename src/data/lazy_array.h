// A zeroed array on whole pages, which cost memory only once they are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/storage.h"

namespace gradus {

/// For arrays as large as a data set: AlignedBuffer writes its zeros, which would make all of it resident before the
/// first row is encoded.
template <typename T>
class LazyArray {
 public:
  LazyArray() noexcept = default;
  explicit LazyArray(int64_t size, const Storage& storage = {})
      : pages_(storage.pages(static_cast<std::size_t>(size) * sizeof(T))), size_(size) {}

  T* data() noexcept { return reinterpret_cast<T*>(pages_.data()); }
  const T* data() const noexcept { return reinterpret_cast<const T*>(pages_.data()); }
  int64_t size() const noexcept { return size_; }
  std::span<T> span() noexcept { return {data(), static_cast<std::size_t>(size_)}; }
  std::span<const T> span() const noexcept { return {data(), static_cast<std::size_t>(size_)}; }

 private:
  Pages pages_;
  int64_t size_ = 0;
};

}  // namespace gradus
