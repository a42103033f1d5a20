#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.h>

#include "operands.h"
#include "rivals.h"

namespace gradus::bench {
namespace {

class OneDnn : public Contender {
 public:
  std::string name() const override { return "oneDNN"; }
  std::string about() const override {
    const dnnl_version_t* version = dnnl_version();
    return fmt::format("{}.{}.{} dnnl_sgemm, instruction set {:#x}", version->major, version->minor, version->patch,
                       static_cast<unsigned>(dnnl_get_effective_cpu_isa()));
  }
  Work product(const Product& product) override {
    return timed([o = std::make_shared<Operands>(product)] {
      dnnl_sgemm(o->a_transposed() ? 'T' : 'N', o->b_transposed() ? 'T' : 'N', o->p.m, o->p.n, o->p.k, 1.0f,
                 o->a.data(), o->a_stride(), o->b.data(), o->b_stride(), 0.0f, o->c.data(), o->p.n);
    });
  }
};

}  // namespace

std::unique_ptr<Contender> onednn_contender() {
  return std::make_unique<OneDnn>();
}

}  // namespace gradus::bench
