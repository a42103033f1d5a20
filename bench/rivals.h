// Makers of the contenders. A rival's is compiled where it is installed.
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
std::unique_ptr<Contender> fann_contender();
std::unique_ptr<Contender> opencv_contender();
/// "PyTorch", "PyTorch loader" or "scikit-learn".
std::unique_ptr<Contender> python_contender(const std::string& name);

}  // namespace gradus::bench
