#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include <opencv2/core.hpp>
#include <opencv2/ml.hpp>

#include "rivals.h"

namespace gradus::bench {
namespace {

using cv::ml::ANN_MLP;

struct Training {
  explicit Training(const Step& step) {
    const Net& net = step.net;
    const int rows = static_cast<int>(net.batch), inputs = static_cast<int>(net.widths.front());
    const int outputs = static_cast<int>(net.widths.back());
    cv::Mat x(rows, inputs, CV_32F), y(rows, outputs, CV_32F, cv::Scalar(0));
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < inputs; ++j) x.at<float>(i, j) = sample_value(i * inputs + j);
      y.at<float>(i, i % outputs) = 1.0f;
    }
    data = cv::ml::TrainData::create(x, cv::ml::ROW_SAMPLE, y);
    model->setLayerSizes(std::vector<int>(net.widths.begin(), net.widths.end()));
    model->setActivationFunction(ANN_MLP::SIGMOID_SYM);
    model->setTrainMethod(ANN_MLP::RPROP);
    steps(1, 0);  // draws the weights
  }
  void steps(int64_t count, int flags) {
    model->setTermCriteria({cv::TermCriteria::COUNT, static_cast<int>(count), 0.0});
    model->train(data, flags | ANN_MLP::NO_INPUT_SCALE | ANN_MLP::NO_OUTPUT_SCALE);
  }

  cv::Ptr<ANN_MLP> model = ANN_MLP::create();
  cv::Ptr<cv::ml::TrainData> data;
};

class OpenCv : public Contender {
 public:
  std::string name() const override { return "OpenCV"; }
  std::string about() const override {
    return fmt::format("{} ANN_MLP; it has no minibatches, softmax or Adam: sigmoid units, RPROP in Adam's place",
                       CV_VERSION);
  }
  Work step(const Step& step) override {
    if (step.threads != 1 || step.solver != Solver::adam) return {};
    cv::setNumThreads(1);
    // RPROP stops by itself once its cost no longer moves, so it starts anew before that, outside the time taken.
    return [training = std::make_shared<Training>(step)](int64_t repeats) {
      constexpr int64_t kFromOneStart = 50;
      double seconds = 0.0;
      for (; repeats > 0; repeats -= kFromOneStart) {
        const int64_t count = std::min(repeats, kFromOneStart);
        training->steps(1, 0);
        seconds += timed([&] { training->steps(count, ANN_MLP::UPDATE_WEIGHTS); })(1);
      }
      return seconds;
    };
  }
};

}  // namespace

std::unique_ptr<Contender> opencv_contender() {
  return std::make_unique<OpenCv>();
}

}  // namespace gradus::bench
