#include "train/recipe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "gradus/error.h"

#include "base/test_files.h"
#include "train/solver_choice.h"

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
  EXPECT_EQ(numbers.target_scaling, std::vector<TargetScaling>{TargetScaling::unit});
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
  EXPECT_NE(error_of({.solver = Solver::adam, .weight_decay = 0.1}, kClasses).find("adamw is adam with it"),
            std::string::npos);
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

TEST(Recipe, AScheduleListensToItsOwnSettingsOnly) {
  EXPECT_EQ(error_of({.rate_decay = 0.5}, kClasses),
            "--rate-decay: found with schedule cosine, expected step, plateau, exponential, adaptive");
  EXPECT_EQ(error_of({.schedule = Schedule::step, .rate_power = 0.5}, kClasses),
            "--rate-power: found with schedule step, expected invscaling");
  EXPECT_EQ(error_of({.schedule = Schedule::constant, .cycle = 3}, kClasses),
            "--cycle: found with schedule constant, expected cosine");
  EXPECT_EQ(error_of({.cycle_growth = 2}, kClasses), "--cycle-growth: found without --cycle, expected both");
  EXPECT_NE(error_of({.solver = Solver::lbfgs, .warmup = 1.0}, kClasses).find("--warmup: found with solver lbfgs"),
            std::string::npos);
  EXPECT_EQ(error_of({.warmup = 11.0, .epochs = 10}, kClasses), "--warmup: found 11, expected 0 to 10");
  EXPECT_NE(error_of({.schedule = Schedule::exponential, .rate_decay = 1.5}, kClasses), "accepted");
  const Recipe recipe = resolve({.warmup = 2.5, .cycle = 4, .cycle_growth = 3}, kClasses);
  EXPECT_EQ(recipe.schedule_settings.warmup, 2.5);
  EXPECT_NE(summarize(recipe).find("(cosine, warm-up 2.5, cycle 4 x 3)"), std::string::npos);
  EXPECT_EQ(resolve({.schedule = Schedule::exponential}, kClasses).schedule_settings.decay, 0.95);
}

TEST(Recipe, AnInitialisersScaleIsForThoseThatHaveOne) {
  EXPECT_EQ(error_of({.initializer = Initializer::he_normal, .init_scale = 2.0}, kClasses),
            "--init-scale: found with --init he_normal, expected uniform, normal or orthogonal");
  EXPECT_NE(error_of({.init_scale = 2.0}, kClasses), "accepted");
  EXPECT_EQ(error_of({.initializer = Initializer::orthogonal, .init_scale = 2.0}, kClasses), "accepted");
}

TEST(Recipe, LsuvSeesTrainingRowsOnly) {
  const Recipe recipe = resolve({.initializer = Initializer::lsuv}, {Task::regression, 3, 1, 1});
  std::vector<double> x = {1.0, 2.0, 1000.0, -1.0};
  const std::vector<uint32_t> training = {0, 1, 3};
  const auto weights = [&] {
    const BasicNetwork<double> network = initial_network<double>(recipe, {x.data(), 4, 1}, training);
    return std::vector<double>(network.parameters().begin(), network.parameters().end());
  };
  const std::vector<double> before = weights();
  x[2] = -5.0;
  EXPECT_EQ(weights(), before);
  x[3] = -5.0;
  EXPECT_NE(weights(), before);
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
            "lbfgs, batch size 1000, at most 100 epochs, L2 3");
}

TEST(Recipe, LmFitsSquaredErrorsByNetworksItCanSolveFor) {
  EXPECT_EQ(error_of({.solver = Solver::lm}, kClasses),
            "--loss: found softmax_cross_entropy with solver lm, expected squared_error, for its steps rest on "
            "residuals");
  EXPECT_EQ(error_of({.solver = Solver::lm, .l1 = 1.0}, kNumbers).substr(0, 26), "--l1: found with solver lm");
  EXPECT_NE(error_of({.dropout = 0.1, .solver = Solver::lm}, kNumbers).find("expected 0"), std::string::npos);
  EXPECT_NE(error_of({.solver = Solver::lm, .batch_size = 10}, kNumbers).find("expected all"), std::string::npos);
  EXPECT_NE(error_of({.solver = Solver::lm, .input_noise = 0.1}, kNumbers), "accepted");
  EXPECT_NE(error_of({.freeze = {1}, .solver = Solver::lm}, kNumbers), "accepted");
  const Recipe wide = resolve({.hidden = "600", .solver = Solver::lm}, kNumbers);
  EXPECT_EQ(gradus::error_of([&] { check_lm_size(wide.trainer, wide.network); }).message(),
            "--hidden: found 8401 parameters with solver lm, whose matrices would take 1.13 GB, expected at most 8192 "
            "parameters (1.08 GB)");
  const Recipe recipe = resolve({.solver = Solver::lm, .early_stopping = false}, kNumbers);
  EXPECT_LT(parameter_count(recipe.network), 1000);
  EXPECT_EQ(summarize(recipe), "lm, batch size 1000, at most 400 epochs, L2 0.3");
}

TEST(Recipe, AutoPicksBySizeAndGivesWayToOptions) {
  const auto chosen = [](TrainOptions options, const TableShape& shape) {
    options.auto_solver = true;
    const Recipe recipe = resolve(options, shape);
    EXPECT_TRUE(recipe.solver_reason.starts_with(name(recipe.trainer.solver))) << recipe.solver_reason;
    options.auto_solver = false;
    options.solver = recipe.trainer.solver;
    EXPECT_EQ(summarize(resolve(options, shape)), summarize(recipe)) << "as if it had been named";
    return recipe.trainer.solver;
  };
  EXPECT_EQ(chosen({}, kNumbers), Solver::lm);
  EXPECT_EQ(chosen({}, kClasses), Solver::lbfgs);
  EXPECT_EQ(chosen({}, {Task::classification, 1501, 12, 3}), Solver::adamw);
  EXPECT_EQ(chosen({}, {Task::regression, 100000, 12, 1}), Solver::adamw);
  EXPECT_EQ(chosen({.hidden = "4"}, {Task::regression, 100000, 12, 1}), Solver::lm);
  EXPECT_EQ(chosen({.hidden = "256,128"}, kNumbers), Solver::adamw);
  EXPECT_EQ(chosen({.loss = Loss::huber}, kNumbers), Solver::adamw);
  EXPECT_EQ(chosen({.dropout = 0.2}, kClasses), Solver::adamw);
  EXPECT_EQ(error_of({.solver = Solver::sgd, .auto_solver = true}, kNumbers),
            "--solver: found auto and sgd, expected one of them");
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
