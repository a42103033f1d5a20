// Training from your own arrays: XOR by two sigmoid layers and plain gradient descent, one step over all rows at a
// time.
#include <gradus/gradus.h>

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
  const std::vector<float> inputs = {0, 0, 0, 1, 1, 0, 1, 1};
  const std::vector<float> answers = {0, 1, 1, 0};
  const gradus::MatrixView<const float> features(inputs.data(), 4, 2);
  const gradus::MatrixView<const float> targets(answers.data(), 4, 1);

  const std::vector<gradus::HiddenLayer> hidden = {{3, gradus::Activation::sigmoid}};
  const gradus::Head head = {gradus::Loss::squared_error, gradus::Activation::sigmoid};
  gradus::Network network(gradus::multilayer(2, hidden, 1, head));
  network.initialize(/*seed=*/1);

  gradus::TrainerOptions options;
  options.solver = gradus::Solver::momentum;
  options.learning_rate = 1.0;
  options.batch_size = 0;
  gradus::Trainer trainer(network, options, features.rows());
  for (int epoch = 0; epoch < 5000; ++epoch) trainer.train_epoch(features, targets);

  gradus::Predictor predictor(network, 4);
  std::vector<float> found(4);
  predictor.predict(features, gradus::MatrixView<float>(found.data(), 4, 1));
  float worst = 0.0F;
  for (std::size_t row = 0; row < 4; ++row) {
    std::printf("%g xor %g = %.3f\n", inputs[2 * row], inputs[2 * row + 1], found[row]);
    worst = std::fmax(worst, std::fabs(found[row] - answers[row]));
  }
  return worst < 0.1F ? 0 : 1;
}
