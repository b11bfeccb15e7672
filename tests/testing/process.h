#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/testing/temp_dir.h"

// A program as a process of its own, with what it printed. Killed when the object goes.
namespace enlace::testing {

inline constexpr int kLookMs = 20;
inline constexpr int kPatienceMs = 120'000;  // For a busy machine; nothing waits for all of it.

// True as soon as `met` is; false after kPatienceMs.
template <typename Predicate>
bool Eventually(Predicate met) {
  for (int waited = 0; waited < kPatienceMs; waited += kLookMs) {
    if (met()) return true;
    poll(nullptr, 0, kLookMs);
  }
  return met();
}

class Process {
 public:
  // `program` by path; both outputs go to `log`. `environment` is added to that of the test, as
  // "NAME=value".
  Process(const std::string& program, const std::vector<std::string>& arguments,
          const std::string& log, std::vector<std::string> environment = {})
      : log_(log) {
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    std::vector<char*> variables;
    for (std::string& variable : environment) variables.push_back(variable.data());
    for (char** variable = environ; *variable != nullptr; ++variable) {
      variables.push_back(*variable);
    }
    variables.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), variables.data()) !=
        0) {
      pid_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (pid_ > 0 && !ended_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const { kill(pid_, signal); }
  bool Running() {
    if (!ended_ && pid_ > 0) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return pid_ > 0 && !ended_;
  }
  // The exit code; -1 when it was killed or does not end.
  int Wait() {
    if (!Eventually([this] { return !Running(); })) return -1;
    return ended_ && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }
  std::string Output() const { return TempDir::Read(log_); }

 private:
  const std::string log_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace enlace::testing
