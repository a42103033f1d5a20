#include <dlfcn.h>
#include <torch/torch.h>

#include "rivals.h"

namespace gradus::bench {
namespace {

/// The file that sgemm comes from: libtorch is as fast as that library.
std::string blas() {
  Dl_info info = {};
  void* sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  return sgemm != nullptr && dladdr(sgemm, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "unknown";
}

torch::nn::Sequential model_of(const Net& net) {
  torch::manual_seed(1);
  torch::nn::Sequential model;
  for (std::size_t i = 0; i + 1 < net.widths.size(); ++i) {
    if (i > 0) model->push_back(torch::nn::ReLU());
    model->push_back(torch::nn::Linear(net.widths[i], net.widths[i + 1]));
  }
  return model;
}

struct Training {
  explicit Training(const Step& step)
      : classifies(step.net.classifies()),
        model(model_of(step.net)),
        x(torch::rand({step.net.batch, step.net.widths.front()})),
        y(classifies ? torch::randint(step.net.widths.back(), {step.net.batch}, torch::kLong)
                     : torch::rand({step.net.batch, 1})) {
    if (step.solver == Solver::adam)
      optimizer =
          std::make_unique<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(kStepLearningRate));
    else
      optimizer = std::make_unique<torch::optim::SGD>(model->parameters(), torch::optim::SGDOptions(kStepLearningRate));
  }
  void step() {
    namespace F = torch::nn::functional;
    optimizer->zero_grad();
    const torch::Tensor out = model->forward(x);
    (classifies ? F::cross_entropy(out, y) : F::mse_loss(out, y)).backward();
    optimizer->step();
  }

  bool classifies;
  torch::nn::Sequential model;
  torch::Tensor x, y;
  std::unique_ptr<torch::optim::Optimizer> optimizer;
};

class Libtorch : public Contender {
 public:
  std::string name() const override { return "libtorch"; }
  std::string about() const override {
    return std::string(TORCH_VERSION) + ", preloaded tensors, products by " + blas();
  }
  Work step(const Step& step) override {
    torch::set_num_threads(step.threads);
    return timed([training = std::make_shared<Training>(step)] { training->step(); });
  }
};

}  // namespace

std::unique_ptr<Contender> libtorch_contender() {
  return std::make_unique<Libtorch>();
}

}  // namespace gradus::bench
