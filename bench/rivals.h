// Makers of the contenders. Each rival's is defined in its own file, which is compiled where the rival is installed.
#pragma once

#include <memory>

#include "contender.h"

namespace gradus::bench {

std::unique_ptr<Contender> gradus_contender();
std::unique_ptr<Contender> gradus_one_thread();
std::unique_ptr<Contender> onednn_contender();
std::unique_ptr<Contender> openblas_contender();
std::unique_ptr<Contender> eigen_contender();
std::unique_ptr<Contender> libtorch_contender();

}  // namespace gradus::bench
