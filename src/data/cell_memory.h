// Where a table keeps its cells: large pieces of memory, cut into columns one after the other.
#pragma once

#include <cstddef>
#include <memory>

#include "base/pages.h"
#include "base/storage.h"

namespace gradus {

/// Hands out memory for runs of cells. A piece goes back to the system when the last run in it is let go of, so runs
/// that end together should be taken together.
class CellMemory {
 public:
  struct Run {
    std::byte* data = nullptr;          ///< zeroed, on a multiple of 64 bytes
    std::shared_ptr<const void> owner;  ///< keeps `data` alive
  };
  /// `storage`: where the pieces are.
  explicit CellMemory(const Storage& storage = {}) : storage_(storage) {}
  /// Throws what Storage::pages throws.
  Run take(std::size_t bytes);

 private:
  Storage storage_;
  std::shared_ptr<Pages> piece_;
  std::size_t used_ = 0;
};

}  // namespace gradus
