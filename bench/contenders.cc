#include "rivals.h"

namespace gradus::bench {

std::vector<Entry> contenders() {
  std::vector<Entry> all;
  all.push_back({"gradus", gradus_contender()});
  all.push_back({"one thread", gradus_one_thread()});
  const auto add = [&](const char* name, std::unique_ptr<Contender> rival) { all.push_back({name, std::move(rival)}); };
#ifdef GRADUS_BENCH_ONEDNN
  add("oneDNN", onednn_contender());
#else
  add("oneDNN", nullptr);
#endif
#ifdef GRADUS_BENCH_OPENBLAS
  add("OpenBLAS", openblas_contender());
#else
  add("OpenBLAS", nullptr);
#endif
#ifdef GRADUS_BENCH_EIGEN
  add("Eigen", eigen_contender());
#else
  add("Eigen", nullptr);
#endif
#ifdef GRADUS_BENCH_LIBTORCH
  add("libtorch", libtorch_contender());
#else
  add("libtorch", nullptr);
#endif
  return all;
}

}  // namespace gradus::bench
