#include "gradus/gradus.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/products.h"
#include "kernels/target.h"
#include "operands.h"
#include "rivals.h"

namespace gradus::bench {
namespace {

Network network_of(const Net& net) {
  std::vector<HiddenLayer> hidden;
  for (std::size_t i = 1; i + 1 < net.widths.size(); ++i) hidden.push_back({net.widths[i], Activation::relu, 0.0});
  const Head head = {net.classifies() ? Loss::softmax_cross_entropy : Loss::squared_error, Activation::identity};
  Network network(multilayer(net.widths.front(), hidden, net.widths.back(), head));
  network.initialize(1);
  return network;
}

TrainerOptions options_of(const Net& net, Solver solver, int threads) {
  TrainerOptions options;
  options.solver = solver;
  options.learning_rate = kStepLearningRate;
  options.batch_size = net.batch;
  options.threads = threads;
  return options;
}

struct OurOperands : Operands {
  explicit OurOperands(const Product& product) : Operands(product) {}
  ThreadPool pool{1};
};

void run(OurOperands& o) {
  const Product& p = o.p;
  const MatrixView<float> c = {o.c.data(), p.m, p.n};
  switch (p.form) {
    case Form::nn:
      return kernels::product_nn<float>({o.a.data(), p.m, p.k}, {o.b.data(), p.k, p.n}, nullptr, c, o.pool);
    case Form::nt:
      return kernels::product_nt<float>({o.a.data(), p.m, p.k}, {o.b.data(), p.n, p.k}, c, o.pool);
    case Form::tn:
      return kernels::product_tn<float>({o.a.data(), p.k, p.m}, {o.b.data(), p.k, p.n}, c, o.pool);
  }
}

/// A network under training, and the one minibatch it is trained on.
struct Training {
  Training(const Step& step)
      : rows(step.net.batch),
        network(network_of(step.net)),
        trainer(network, options_of(step.net, step.solver, step.threads), rows),
        x(filled(rows * step.net.widths.front())),
        y(rows) {
    for (int64_t i = 0; i < rows; ++i)
      y.data()[i] = step.net.classifies() ? static_cast<float>(i % step.net.widths.back()) : sample_value(i);
  }
  void step() { trainer.train_step({x.data(), rows, network.inputs()}, {y.data(), rows, 1}); }

  int64_t rows;
  Network network;
  Trainer trainer;
  AlignedBuffer<float> x, y;
};

struct Predicting {
  explicit Predicting(const Net& net)
      : rows(net.batch),
        predictor(network_of(net), net.batch),
        x(filled(rows * net.widths.front())),
        out(rows * net.widths.back()) {}
  void run() {
    if (rows == 1) return predictor.predict(std::span<const float>(x.span()), out.span());
    predictor.predict({x.data(), rows, predictor.inputs()}, {out.data(), rows, predictor.outputs()});
  }

  int64_t rows;
  Predictor predictor;
  AlignedBuffer<float> x, out;
};

/// A network trained on whole epochs.
struct Epochs {
  explicit Epochs(const Epoch& epoch)
      : data(epoch.data),
        network(network_of(epoch.net)),
        trainer(network, options_of(epoch.net, epoch.solver, 1), data->rows) {
    trainer.set_learning_rate(1e-3);
  }
  void run() {
    trainer.train_epoch({data->features.data(), data->rows, data->inputs}, {data->labels.data(), data->rows, 1});
  }

  std::shared_ptr<const Data> data;
  Network network;
  Trainer trainer;
};

class Gradus : public Contender {
 public:
  std::string name() const override { return "gradus"; }
  std::string about() const override { return fmt::format("{}, target {}", version(), kernels::target_name()); }

  Work product(const Product& product) override {
    return timed([o = std::make_shared<OurOperands>(product)] { run(*o); });
  }
  Work step(const Step& step) override {
    return timed([training = std::make_shared<Training>(step)] { training->step(); });
  }
  Work predict(const Net& net) override {
    return timed([predicting = std::make_shared<Predicting>(net)] { predicting->run(); });
  }
  Work epoch(const Epoch& epoch) override {
    return timed([epochs = std::make_shared<Epochs>(epoch)] { epochs->run(); });
  }
  Work start() override { return process_work({GRADUS_BENCH_COMMAND, "--version"}); }
};

/// Gradus as the rival of its own second thread.
class GradusOneThread : public Gradus {
 public:
  std::string name() const override { return "one thread"; }
  Work step(const Step& step) override {
    Step one = step;
    one.threads = 1;
    return Gradus::step(one);
  }
};

}  // namespace

std::unique_ptr<Contender> gradus_contender() {
  return std::make_unique<Gradus>();
}
std::unique_ptr<Contender> gradus_one_thread() {
  return std::make_unique<GradusOneThread>();
}

}  // namespace gradus::bench
