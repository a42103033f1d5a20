#include "data/cell_memory.h"

#include <algorithm>

namespace gradus {
namespace {

constexpr std::size_t kAlignment = 64;
// The first pieces are small, since most tables are; later ones are one huge page each (base/pages.cc). Larger pieces
// would hold on to memory longer while a table is encoded block by block.
constexpr std::size_t kFirstPiece = std::size_t{64} << 10;
constexpr std::size_t kLargestPiece = std::size_t{2} << 20;
constexpr std::size_t kGrowth = 8;

}  // namespace

CellMemory::Run CellMemory::take(std::size_t bytes) {
  const std::size_t whole = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (piece_ == nullptr || piece_->size() - used_ < whole) {
    const std::size_t next = piece_ == nullptr ? kFirstPiece : std::min(kGrowth * piece_->size(), kLargestPiece);
    piece_ = std::make_shared<Pages>(storage_.pages(std::max(next, whole)));
    used_ = 0;
  }
  Run run{piece_->data() + used_, piece_};
  used_ += whole;
  return run;
}

}  // namespace gradus
