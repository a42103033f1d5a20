// A model trained on real rows keeps the promise of --monotone on 100,000 random pairs, before and after the file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "gradus/model.h"
#include "gradus/predictor.h"
#include "gradus/table.h"
#include "gradus/train.h"

#include "base/random.h"
#include "base/test_files.h"
#include "model/model_data.h"
#include "source_path.h"

namespace gradus {
namespace {

constexpr int64_t kPairs = 100'000;

struct Violations {
  double largest = 0.0;  ///< how far an output went the wrong way
  double moved = 0.0;    ///< how far outputs went the right way in the mean
};

/// Pairs of feature rows over and beyond the columns' ranges, the second one better or equal in every monotone column.
/// Output `k` of the network, which is to rise.
Violations violations(const ModelData& model, std::size_t k) {
  const auto& network = std::get<BasicNetwork<float>>(model.network);
  const auto inputs = static_cast<std::size_t>(network.inputs());
  std::vector<float> directions(inputs, 0.0f);
  for (const ColumnEncoding& column : model.encoder.columns)
    directions[static_cast<std::size_t>(column.first)] = static_cast<float>(column.monotone);
  Predictor predictor(network, 1);
  const RandomStream draws(11, Purpose::gradcheck);
  std::vector<float> x(inputs), up(inputs), before(static_cast<std::size_t>(network.outputs())), after(before);
  Violations found;
  uint64_t index = 0;
  for (int64_t pair = 0; pair < kPairs; ++pair) {
    for (std::size_t j = 0; j < inputs; ++j) {
      x[j] = static_cast<float>(10.0 * draws.uniform(index++) - 5.0);
      const double step = std::pow(10.0, 5.0 * draws.uniform(index++) - 4.0);  // from a ten-thousandth to ten
      up[j] = x[j] + directions[j] * static_cast<float>(step);
    }
    predictor.predict(x, before);
    predictor.predict(up, after);
    found.largest = std::max(found.largest, static_cast<double>(before[k]) - static_cast<double>(after[k]));
    found.moved += (static_cast<double>(after[k]) - static_cast<double>(before[k])) / kPairs;
  }
  return found;
}

TrainOptions options_of(const std::string& target, const std::string& monotone) {
  TrainOptions options = {.target = target};
  options.hidden = "32,16";
  options.epochs = 8;
  options.monotone = monotone;
  return options;
}

Table credit() {
  return read_csv(source_path("data/credit_sample.csv"));
}

/// `model` from its file.
Model reloaded(const Model& model) {
  const TemporaryFolder folder;
  model.save(folder / "m.safetensors");
  return Model::load(folder / "m.safetensors");
}

TEST(Monotone, HoldsForTwoClassesOfRealRows) {
  // The second class in order is "good".
  const Model model = train(credit(), options_of("Status", "Income=+1,Assets=increasing,Debt=-1,Seniority=+1"));
  const Violations before = violations(model.data(), 1);
  EXPECT_LE(before.largest, 1e-6);
  EXPECT_GT(before.moved, 0.01);  // and it does listen to those columns
  EXPECT_LT(model.history().back().train_loss, model.history().front().train_loss);
  const Model loaded = reloaded(model);
  const Violations after = violations(loaded.data(), 1);
  EXPECT_EQ(after.largest, before.largest);
  EXPECT_EQ(after.moved, before.moved);
  EXPECT_NE(loaded.metadata().find("\"monotone\":-1"), std::string::npos);
}

TEST(Monotone, HoldsForNumbersUnderAnAverageOfTheWeights) {
  TrainOptions options = options_of("Amount", "Price=+1,Assets=-1");
  options.ema = 0.95;
  options.activation = Activation::tanh;
  const Model model = train(credit(), options);
  const Violations found = violations(model.data(), 0);
  const TargetColumn& target = model.data().targets.columns[0];
  EXPECT_LE(found.largest, 1e-6 * (target.maximum - target.minimum) * target.scale);
  EXPECT_GT(found.moved, 0.01);
  const Model loaded = reloaded(model);
  const Violations after = violations(loaded.data(), 0);
  EXPECT_EQ(after.largest, found.largest);
  EXPECT_EQ(after.moved, found.moved);
}

TEST(Monotone, NotWithoutBeingAskedFor) {
  TrainOptions options = options_of("Amount", "");
  Model model = train(credit(), options);
  ModelData data = model.data();
  for (ColumnEncoding& column : data.encoder.columns) column.monotone = column.name == "Price" ? 1 : 0;
  EXPECT_GT(violations(data, 0).largest, 1e-3);
}

}  // namespace
}  // namespace gradus
