#include "train/recipe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "gradus/error.h"

namespace gradus {
namespace {

const TableShape kClasses{Task::classification, 1000, 12, 3};
const TableShape kNumbers{Task::regression, 1000, 12, 1};

std::string error_of(const TrainOptions& options, const TableShape& shape) {
  try {
    resolve(options, shape);
    return "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.message();
  }
}

TEST(Recipe, PlainIsScikitLearnsMlp) {
  const Recipe recipe = resolve({.preset = Preset::plain}, kClasses);
  EXPECT_EQ(recipe.network, multilayer(12, std::vector<HiddenLayer>{{100, Activation::relu, 0.0}}, 3,
                                       {Loss::softmax_cross_entropy, Activation::identity}));
  EXPECT_EQ(recipe.trainer.solver, Solver::adam);
  EXPECT_EQ(recipe.trainer.learning_rate, 0.001);
  EXPECT_EQ(recipe.trainer.batch_size, 200);
  EXPECT_EQ(recipe.trainer.l2, 0.0001);
  EXPECT_EQ(recipe.schedule, Schedule::constant);
  EXPECT_EQ(recipe.epochs, 200);
  EXPECT_EQ(validation_fraction({.preset = Preset::plain}), 0.0);
}

TEST(Recipe, PlainsBatchIsAtMostTheRows) {
  EXPECT_EQ(resolve({.preset = Preset::plain}, {Task::regression, 50, 3, 1}).trainer.batch_size, 50);
}

TEST(Recipe, ClassicIsSigmoidEverywhereAndPlainDescent) {
  const Recipe classes = resolve({.preset = Preset::classic}, kClasses);
  EXPECT_EQ(classes.network.head, (Head{Loss::sigmoid_cross_entropy, Activation::identity}));
  EXPECT_EQ(classes.network.ops[1], Op(Activate{Activation::sigmoid}));
  EXPECT_EQ(classes.trainer.solver, Solver::sgd);
  EXPECT_EQ(classes.schedule, Schedule::constant);
  const Recipe numbers = resolve({.preset = Preset::classic}, kNumbers);
  EXPECT_EQ(numbers.network.head, (Head{Loss::squared_error, Activation::sigmoid}));
  EXPECT_EQ(numbers.target_scaling, TargetScaling::unit);
}

TEST(Recipe, AnyFlagOverridesItsPart) {
  const Recipe recipe = resolve({.preset = Preset::classic,
                                 .hidden = "30 relu, 20",
                                 .activation = Activation::tanh,
                                 .loss = Loss::softmax_cross_entropy,
                                 .solver = Solver::nesterov,
                                 .momentum = 0.8,
                                 .batch_size = 0},
                                kClasses);
  EXPECT_EQ(recipe.network.ops[1], Op(Activate{Activation::relu}));
  EXPECT_EQ(recipe.network.ops[3], Op(Activate{Activation::tanh}));
  EXPECT_EQ(recipe.trainer.momentum, 0.8);
  EXPECT_EQ(recipe.trainer.batch_size, 1000);
}

TEST(Recipe, ABatchBeyondTheRowsIsClampedAndSaid) {
  const Recipe recipe = resolve({.batch_size = 5000}, kClasses);
  EXPECT_EQ(recipe.trainer.batch_size, 1000);
  EXPECT_TRUE(recipe.batch_clamped);
  EXPECT_FALSE(resolve({.batch_size = 1000}, kClasses).batch_clamped);
}

TEST(Recipe, RefusesCombinationsThatMakeNoSense) {
  EXPECT_EQ(error_of({.loss = Loss::softmax_cross_entropy}, kNumbers),
            "--loss: found softmax_cross_entropy, expected one of squared_error, absolute_error, huber, log_cosh, "
            "quantile, poisson for "
            "a regression target");
  EXPECT_EQ(error_of({.output_activation = Activation::relu}, kClasses),
            "--output-activation: found relu, expected none with softmax_cross_entropy, which has its own");
  EXPECT_NE(error_of({.solver = Solver::sgd, .weight_decay = 0.1}, kClasses).find("expected adamw"), std::string::npos);
  EXPECT_NE(error_of({.momentum = 0.5}, kClasses).find("expected momentum or nesterov"), std::string::npos);
}

TEST(Recipe, ARuleListensToItsOwnSettingsOnly) {
  EXPECT_NE(error_of({.solver = Solver::sgd, .beta2 = 0.9}, kClasses)
                .find("--beta2: found with solver sgd, expected adam, amsgrad, adamax, nadam, adamw, lion"),
            std::string::npos);
  EXPECT_NE(error_of({.rho = 0.9}, kClasses).find("expected rmsprop or adadelta"), std::string::npos);
  EXPECT_NE(error_of({.solver = Solver::lion, .epsilon = 0.1}, kClasses), "accepted");
  EXPECT_NE(error_of({.solver = Solver::nadam, .epsilon_place = EpsilonPlace::root}, kClasses), "accepted");
  const Recipe recipe = resolve({.solver = Solver::adadelta, .rho = 0.8, .epsilon = 1e-5}, kClasses);
  EXPECT_EQ(recipe.trainer.rho, 0.8);
  EXPECT_EQ(recipe.trainer.epsilon, 1e-5);
}

TEST(Recipe, ASolverNamedAloneBringsItsOwnRate) {
  EXPECT_EQ(resolve({.solver = Solver::sgd}, kClasses).trainer.learning_rate, 0.1);
  EXPECT_EQ(resolve({.solver = Solver::adadelta}, kClasses).trainer.learning_rate, 1.0);
  EXPECT_EQ(resolve({.solver = Solver::nadam}, kClasses).trainer.learning_rate,
            resolve({}, kClasses).trainer.learning_rate);
  EXPECT_EQ(resolve({.preset = Preset::classic, .solver = Solver::sgd}, kClasses).trainer.learning_rate, 0.5);
}

TEST(Recipe, PlainAddsEpsilonWhereScikitLearnDoes) {
  EXPECT_EQ(resolve({.preset = Preset::plain}, kClasses).trainer.epsilon_place, EpsilonPlace::root);
  EXPECT_EQ(resolve({}, kClasses).trainer.epsilon_place, EpsilonPlace::corrected_root);
}

TEST(Recipe, ResilientPropagationTakesAllRows) {
  EXPECT_EQ(resolve({.solver = Solver::rprop}, kClasses).trainer.batch_size, 1000);
  EXPECT_EQ(error_of({.solver = Solver::rprop, .batch_size = 10}, kClasses),
            "--batch-size: found 10 with solver rprop, expected all, which it needs");
}

TEST(Recipe, MethodsForAllRowsRefuseWhatTheyCannotUse) {
  EXPECT_NE(error_of({.solver = Solver::lbfgs, .learning_rate = 0.1}, kClasses), "accepted");
  EXPECT_NE(error_of({.solver = Solver::cg, .schedule = Schedule::cosine}, kClasses), "accepted");
  EXPECT_NE(error_of({.solver = Solver::rprop, .schedule = Schedule::step}, kClasses), "accepted");
  EXPECT_NE(error_of({.dropout = 0.1, .solver = Solver::lbfgs}, kClasses).find("expected 0"), std::string::npos);
  EXPECT_EQ(resolve({.solver = Solver::lbfgs}, kClasses).trainer.batch_size, 1000);
  EXPECT_EQ(summarize(resolve({.solver = Solver::lbfgs, .early_stopping = false}, kClasses)),
            "lbfgs, batch size 1000, at most 100 epochs");
}

TEST(Recipe, RefusesValuesOutOfRange) {
  EXPECT_NE(error_of({.dropout = 1.0}, kClasses), "accepted");
  EXPECT_NE(error_of({.learning_rate = -1.0}, kClasses), "accepted");
  EXPECT_NE(error_of({.learning_rate = std::nan("")}, kClasses), "accepted");
  EXPECT_NE(error_of({.epochs = 0}, kClasses), "accepted");
  EXPECT_NE(error_of({.patience = 0}, kClasses), "accepted");
  EXPECT_NE(error_of({.tolerance = -1.0}, kClasses), "accepted");
  EXPECT_THROW(validation_fraction({.validation_fraction = 1.0}), Error);
}

TEST(ParseHidden, ReadsWidthsAndActivations) {
  const std::vector<HiddenLayer> layers = parse_hidden("256 relu, 128", Activation::tanh, 0.25);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].width, 256);
  EXPECT_EQ(layers[0].activation, Activation::relu);
  EXPECT_EQ(layers[1].activation, Activation::tanh);
  EXPECT_EQ(layers[1].dropout, 0.25);
  EXPECT_TRUE(parse_hidden("none", Activation::tanh, 0.0).empty());
}

TEST(ParseHidden, RefusesEverythingElse) {
  for (const char* text : {"", "0", "-5", "12,", ",", "1e3", "010", "64 rellu", "64x", "99999999999999999999"})
    EXPECT_THROW(parse_hidden(text, Activation::relu, 0.0), Error) << text;
}

}  // namespace
}  // namespace gradus
