#include "train/trials_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_files.h"

namespace gradus {
namespace {

const Assignment kIdentity = {{"data", "abc"}, {"solver", "adam"}};

Trial trial(int64_t number, double score) {
  return {.number = number,
          .values = {{"hidden", "8"}},
          .epochs = 5,
          .score = score,
          .validation_loss = 0.25,
          .best_epoch = 4};
}

std::string refusal(const std::string& path, const Assignment& identity) {
  return error_of([&] { TrialsFile(path, identity); }).message();
}

TEST(TrialsFile, KeepsTrialsAndIsCreatedWithTheFirst) {
  const TemporaryFolder folder;
  const std::string path = folder / "t.jsonl";
  {
    TrialsFile file(path, kIdentity);
    EXPECT_EQ(folder.entries(), 0u);
    file.append(trial(1, 0.1));
    file.append({.number = 2, .values = {{"hidden", "9"}}, .state = TrialState::refused, .message = "too \"much\"\n"});
  }
  const TrialsFile again(path, kIdentity);
  ASSERT_EQ(again.trials().size(), 2u);
  EXPECT_EQ(again.trials()[0].score, 0.1);
  EXPECT_EQ(again.trials()[0].epochs, 5);
  EXPECT_EQ(again.trials()[0].best_epoch, 4);
  EXPECT_EQ(again.trials()[0].values, (Assignment{{"hidden", "8"}}));
  EXPECT_EQ(again.trials()[1].state, TrialState::refused);
  EXPECT_EQ(again.trials()[1].message, "too \"much\"\n");
  EXPECT_TRUE(std::isnan(again.trials()[1].score));
}

TEST(TrialsFile, ALineCutShortIsDropped) {
  const TemporaryFolder folder;
  const std::string path = folder / "t.jsonl";
  {
    TrialsFile file(path, kIdentity);
    file.append(trial(1, 0.1));
    file.append(trial(2, 0.2));
  }
  const std::string whole = read_bytes(path);
  const std::size_t second = whole.rfind('\n', whole.size() - 2) + 1;
  for (const std::size_t size : {whole.size() - 1, second + 1, second}) {
    write_bytes(path, whole.substr(0, size));
    TrialsFile file(path, kIdentity);
    ASSERT_EQ(file.trials().size(), 1u);
    file.append(trial(2, 0.2));
    EXPECT_EQ(read_bytes(path), whole);
  }
  write_bytes(path, whole.substr(0, 3));  // not even the first line
  TrialsFile file(path, kIdentity);
  EXPECT_TRUE(file.trials().empty());
  file.append(trial(1, 0.1));
  EXPECT_EQ(read_bytes(path), whole.substr(0, second));
}

TEST(TrialsFile, OfAnotherSearchIsRefusedNamingWhatDiffers) {
  const TemporaryFolder folder;
  const std::string path = folder / "t.jsonl";
  TrialsFile(path, kIdentity).append(trial(1, 0.1));
  const std::string before = read_bytes(path);
  EXPECT_EQ(refusal(path, {{"data", "abd"}, {"solver", "adam"}}),
            "found the trials of another search, expected the same data (\"abc\" there, \"abd\" here); another "
            "--trials-file starts anew");
  const std::string two = refusal(path, {{"data", "abc"}, {"l2", "1"}});
  EXPECT_NE(two.find("solver (\"adam\" there, nothing here), l2 (nothing there, \"1\" here)"), std::string::npos)
      << two;
  EXPECT_EQ(read_bytes(path), before);
}

TEST(TrialsFile, DamageIsFoundAtItsLine) {
  const TemporaryFolder folder;
  const std::string path = folder / "t.jsonl";
  TrialsFile(path, kIdentity).append(trial(1, 0.1));
  const std::string whole = read_bytes(path);
  for (const char* line : {"{}\n", "[1]\n", "nonsense\n",
                           R"({"trial":1.5})"
                           "\n"}) {
    write_bytes(path, whole + line);
    const Error error = error_of([&] { TrialsFile(path, kIdentity); });
    EXPECT_EQ(error.code(), ErrorCode::bad_data);
    EXPECT_EQ(error.place().line, 3);
  }
  write_bytes(path, "x0,x1\n1,2\n");
  EXPECT_EQ(refusal(path, kIdentity), "found \"x0,x1\", expected the trials of gradus tune");
  EXPECT_EQ(read_bytes(path), "x0,x1\n1,2\n");
}

TEST(TrialsFile, OneWriterAtATime) {
  const TemporaryFolder folder;
  const std::string path = folder / "t.jsonl";
  TrialsFile first(path, kIdentity);
  first.append(trial(1, 0.1));
  EXPECT_EQ(error_of([&] { TrialsFile(path, kIdentity); }).code(), ErrorCode::cannot_create);
  EXPECT_EQ(error_of([&] { TrialsFile(folder.path(), kIdentity); }).code(), ErrorCode::cannot_read);
}

}  // namespace
}  // namespace gradus
