#include <floatfann.h>
#include <fmt/format.h>

#include <algorithm>

#include "operands.h"
#include "rivals.h"

namespace gradus::bench {
namespace {

struct Free {
  void operator()(fann* network) const { fann_destroy(network); }
  void operator()(fann_train_data* data) const { fann_destroy_train(data); }
};

std::unique_ptr<fann, Free> network_of(const Net& net) {
  std::vector<unsigned> widths(net.widths.begin(), net.widths.end());
  std::unique_ptr<fann, Free> network(fann_create_standard_array(static_cast<unsigned>(widths.size()), widths.data()));
  fann_set_activation_function_hidden(network.get(), FANN_LINEAR_PIECE);
  fann_set_activation_function_output(network.get(), net.classifies() ? FANN_SIGMOID : FANN_LINEAR);
  fann_randomize_weights(network.get(), -0.1f, 0.1f);
  return network;
}

struct Training {
  explicit Training(const Step& step)
      : batch(step.net.batch),
        network(network_of(step.net)),
        data(fann_create_train(static_cast<unsigned>(batch), static_cast<unsigned>(step.net.widths.front()),
                               static_cast<unsigned>(step.net.widths.back()))) {
    for (int64_t i = 0; i < batch * step.net.widths.front(); ++i) data->input[0][i] = sample_value(i);
    const int64_t outputs = step.net.widths.back();
    for (int64_t i = 0; i < batch * outputs; ++i)
      data->output[0][i] = i % outputs == i / outputs % outputs ? 1.0f : 0.0f;
    fann_set_learning_rate(network.get(), kStepLearningRate);
    fann_set_training_algorithm(network.get(), step.solver == Solver::sgd ? FANN_TRAIN_BATCH : FANN_TRAIN_RPROP);
  }
  void step() {
    if (batch == 1)
      fann_train(network.get(), data->input[0], data->output[0]);
    else
      fann_train_epoch(network.get(), data.get());
  }

  int64_t batch;
  std::unique_ptr<fann, Free> network;
  std::unique_ptr<fann_train_data, Free> data;
};

class Fann : public Contender {
 public:
  std::string name() const override { return "FANN"; }
  std::string about() const override {
    return "2.2 in float32; it has no relu, softmax or Adam: piecewise-linear hidden units, RPROP in Adam's place";
  }
  Work step(const Step& step) override {
    if (step.threads != 1) return {};
    return timed([training = std::make_shared<Training>(step)] { training->step(); });
  }
  Work predict(const Net& net) override {
    if (net.batch != 1) return {};
    const std::shared_ptr<fann> network = network_of(net);
    return timed([network, x = std::make_shared<AlignedBuffer<float>>(filled(net.widths.front()))] {
      fann_run(network.get(), x->data());
    });
  }
};

}  // namespace

std::unique_ptr<Contender> fann_contender() {
  return std::make_unique<Fann>();
}

}  // namespace gradus::bench
