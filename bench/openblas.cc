#include <cblas.h>
#include <fmt/format.h>

#include "operands.h"
#include "rivals.h"

namespace gradus::bench {
namespace {

class OpenBlas : public Contender {
 public:
  std::string name() const override { return "OpenBLAS"; }
  std::string about() const override {
    return fmt::format("{}, running its {} kernels", openblas_get_config(), openblas_get_corename());
  }
  Work product(const Product& product) override {
    return timed([o = std::make_shared<Operands>(product)] {
      cblas_sgemm(CblasRowMajor, o->a_transposed() ? CblasTrans : CblasNoTrans,
                  o->b_transposed() ? CblasTrans : CblasNoTrans, static_cast<int>(o->p.m), static_cast<int>(o->p.n),
                  static_cast<int>(o->p.k), 1.0f, o->a.data(), static_cast<int>(o->a_stride()), o->b.data(),
                  static_cast<int>(o->b_stride()), 0.0f, o->c.data(), static_cast<int>(o->p.n));
    });
  }
};

}  // namespace

std::unique_ptr<Contender> openblas_contender() {
  return std::make_unique<OpenBlas>();
}

}  // namespace gradus::bench
