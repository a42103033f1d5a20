#include "gradus/names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "gradus/error.h"

#include "base/test_files.h"

namespace gradus {
namespace {

template <typename Enum>
void expect_names_parse_back(std::size_t count) {
  const std::vector<std::string>& all = names<Enum>();
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), count);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Enum value = parse<Enum>(all[i], "--option");
    EXPECT_EQ(static_cast<std::size_t>(value), i);
    EXPECT_EQ(name(value), all[i]);
  }
}

TEST(Names, EveryNameParsesBack) {
  expect_names_parse_back<Activation>(13);
  expect_names_parse_back<Loss>(11);
  expect_names_parse_back<Initializer>(11);
  expect_names_parse_back<Solver>(17);
  expect_names_parse_back<EpsilonPlace>(2);
  expect_names_parse_back<Schedule>(9);
  expect_names_parse_back<StrengthSchedule>(2);
  expect_names_parse_back<NumericScaling>(2);
  expect_names_parse_back<NumericEmbedding>(2);
  expect_names_parse_back<Parametrization>(2);
  expect_names_parse_back<Task>(3);
  expect_names_parse_back<Precision>(2);
  expect_names_parse_back<Preset>(4);
}

TEST(Names, StandAtTheirEnumerators) {
  EXPECT_EQ(name(Activation::hard_sigmoid), "hard_sigmoid");
  EXPECT_EQ(name(Loss::softmax_cross_entropy), "softmax_cross_entropy");
  EXPECT_EQ(name(Initializer::lecun_normal), "lecun_normal");
  EXPECT_EQ(name(Solver::adamw), "adamw");
  EXPECT_EQ(name(Solver::rprop), "rprop");
  EXPECT_EQ(name(EpsilonPlace::root), "root");
  EXPECT_EQ(name(Schedule::plateau), "plateau");
  EXPECT_EQ(name(Task::multilabel), "multilabel");
  EXPECT_EQ(name(Precision::float64), "float64");
  EXPECT_EQ(name(Preset::standard), "default");
}

TEST(Names, AnUnknownNameListsAllAndSuggestsTheNearest) {
  const Error error = error_of([] { parse<Solver>("adamW2", "--solver"); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_EQ(
      error.message(),
      "--solver: found \"adamW2\", expected one of sgd, momentum, nesterov, rmsprop, adagrad, adadelta, adam, amsgrad, "
      "adamax, nadam, adamw, lion, rprop, rprop_plus, cg, lbfgs, lm; did you mean adamw?");
  EXPECT_EQ(error_of([] { parse<Solver>("zzzzzzzz", "--solver"); }).message().find("did you mean"), std::string::npos);
  for (const char* text : {"", "Relu", "relu ", "relu\n"}) EXPECT_THROW(parse<Activation>(text, "--activation"), Error);
}

TEST(Names, TheNearestByEditDistance) {
  const std::vector<std::string> columns = {"price", "rooms", "size"};
  EXPECT_EQ(nearest_name("Prise", columns), "price");
  EXPECT_EQ(nearest_name("room", columns), "rooms");
  EXPECT_EQ(nearest_name("latitude", columns), "");
  EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(ErrorText, IsThePlaceAndTheMessage) {
  EXPECT_STREQ(Error(ErrorCode::bad_data, Place{"t.csv", 17, 3}, "found x").what(), "t.csv:17:3: found x");
  EXPECT_STREQ(Error(ErrorCode::bad_data, Place{"t.csv", 17}, "found x").what(), "t.csv:17: found x");
  EXPECT_STREQ(Error(ErrorCode::bad_data, Place{"m", 0, 0, 8}, "found x").what(), "m:byte 8: found x");
  EXPECT_STREQ(Error(ErrorCode::usage, "found x").what(), "found x");
}

}  // namespace
}  // namespace gradus
