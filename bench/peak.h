// The machine's fused-multiply-add peak in float32: what no kernel can exceed.
#pragma once

#include "contender.h"

namespace gradus::bench {

/// Multiply-adds of one repeat on each thread, times two.
double peak_flops(int threads);
/// Independent chains of fma at the widest vector of this machine, on `threads` threads at once.
Work peak_work(int threads);

}  // namespace gradus::bench
