// Rivals in a child process: python_rivals.py takes one command a line and answers with the seconds it measured itself,
// so that its samples interleave with everyone's and the pipe is never timed.
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "data.h"
#include "rivals.h"

namespace gradus::bench {
namespace {

using nlohmann::json;

class Child {
 public:
  Child() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair failed");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDIN_FILENO);
      dup2(ends[1], STDOUT_FILENO);
      execl("/usr/bin/python3", "python3", GRADUS_BENCH_FOLDER "/python_rivals.py", nullptr);
      _exit(127);
    }
    close(ends[1]);
    stream_ = fdopen(ends[0], "r+");
    about_ = ask({{"do", "about"}});
  }
  ~Child() {
    std::fclose(stream_);  // its standard input ends, and so does it
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// An empty object when there is no such child.
  json ask(const json& command) {
    const std::string text = command.dump() + "\n";
    std::string answer;
    if (std::fputs(text.c_str(), stream_) < 0 || std::fflush(stream_) != 0) return json::object();
    for (int c; (c = std::fgetc(stream_)) != EOF && c != '\n';) answer.push_back(static_cast<char>(c));
    std::fseek(stream_, 0, SEEK_CUR);  // between reading and writing
    return answer.empty() ? json::object() : json::parse(answer);
  }

  const json& about() const { return about_; }

 private:
  pid_t pid_ = 0;
  std::FILE* stream_ = nullptr;
  json about_;
};

/// Started by the first row that wants it.
std::shared_ptr<Child> child() {
  static const std::shared_ptr<Child> one = [] {
    signal(SIGPIPE, SIG_IGN);
    return std::make_shared<Child>();
  }();
  return one;
}

json described(const Net& net) {
  return {{"widths", net.widths}, {"batch", net.batch}};
}

class PythonRival : public Contender {
 public:
  explicit PythonRival(std::string name) : name_(std::move(name)) {}

  std::string name() const override { return name_; }
  bool installed() const override { return child()->about().contains(name_); }
  std::string about() const override { return child()->about().value(name_, "absent"); }

  Work step(const Step& step) override {
    if (step.threads != 1) return {};
    json command = described(step.net);
    command["solver"] = gradus::name(step.solver);
    return make("step", command);
  }
  Work predict(const Net& net) override { return make("predict", described(net)); }
  Work epoch(const Epoch& epoch) override {
    json command = described(epoch.net);
    command["solver"] = gradus::name(epoch.solver);
    const DataFile file(*epoch.data);  // read while the work is made
    command["file"] = file.path();
    command["rows"] = epoch.data->rows;
    return make("epoch", command);
  }
  Work start() override {
    const bool torch = name_ == "PyTorch";
    return process_work({"/usr/bin/python3", "-c", torch ? "import torch" : "import sklearn.neural_network"});
  }

 private:
  Work make(const char* kind, json command) {
    command["do"] = "make";
    command["rival"] = name_;
    command["kind"] = kind;
    const json made = child()->ask(command);
    if (!made.contains("work") || made["work"].is_null()) return {};
    // The last copy of the work tells the child to let go of its tensors.
    const std::shared_ptr<int> work(new int(made["work"]), [](int* id) {
      child()->ask({{"do", "drop"}, {"work", *id}});
      delete id;
    });
    return [work](int64_t repeats) {
      return child()->ask({{"do", "run"}, {"work", *work}, {"repeats", repeats}}).at("seconds").get<double>();
    };
  }

  std::string name_;
};

}  // namespace

std::unique_ptr<Contender> python_contender(const std::string& name) {
  return std::make_unique<PythonRival>(name);
}

}  // namespace gradus::bench
