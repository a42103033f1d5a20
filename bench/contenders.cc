#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "rivals.h"

namespace gradus::bench {
namespace {

/// A rival that was not installed when this was built.
class Absent : public Contender {
 public:
  explicit Absent(std::string name) : name_(std::move(name)) {}
  std::string name() const override { return name_; }
  bool installed() const override { return false; }
  std::string about() const override { return "absent"; }

 private:
  std::string name_;
};

}  // namespace

Work process_work(const std::vector<std::string>& command) {
  return timed([command] {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int failed = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (failed != 0 || waitpid(child, &status, 0) != child || status != 0)
      throw std::runtime_error(command[0] + " failed");
  });
}

std::vector<std::unique_ptr<Contender>> contenders() {
  std::vector<std::unique_ptr<Contender>> all;
  all.push_back(gradus_contender());
  all.push_back(gradus_one_thread());
#ifdef GRADUS_BENCH_ONEDNN
  all.push_back(onednn_contender());
#else
  all.push_back(std::make_unique<Absent>("oneDNN"));
#endif
#ifdef GRADUS_BENCH_OPENBLAS
  all.push_back(openblas_contender());
#else
  all.push_back(std::make_unique<Absent>("OpenBLAS"));
#endif
#ifdef GRADUS_BENCH_EIGEN
  all.push_back(eigen_contender());
#else
  all.push_back(std::make_unique<Absent>("Eigen"));
#endif
#ifdef GRADUS_BENCH_LIBTORCH
  all.push_back(libtorch_contender());
#else
  all.push_back(std::make_unique<Absent>("libtorch"));
#endif
#ifdef GRADUS_BENCH_FANN
  all.push_back(fann_contender());
#else
  all.push_back(std::make_unique<Absent>("FANN"));
#endif
#ifdef GRADUS_BENCH_OPENCV
  all.push_back(opencv_contender());
#else
  all.push_back(std::make_unique<Absent>("OpenCV"));
#endif
  for (const char* name : {"PyTorch", "PyTorch loader", "scikit-learn"}) all.push_back(python_contender(name));
  return all;
}

}  // namespace gradus::bench
