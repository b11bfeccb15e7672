#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/testing/node_world.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

// The program `enlaced` as its operator runs it, on the files of ARG. For tests that are built
// with the programs: ENLACE_BINARY_DIR names where.
namespace enlace::testing {

class OperatorFixture : public ::testing::Test {
 protected:
  std::unique_ptr<Process> Run(std::vector<std::string> arguments) {
    return std::make_unique<Process>(std::string(ENLACE_BINARY_DIR) + "/bin/enlaced",
                                     std::move(arguments), logs_.path(std::to_string(runs_++)));
  }
  // Exit code of a program that ends by itself; `output_` is what it printed.
  int Exit(std::vector<std::string> arguments) {
    const auto process = Run(std::move(arguments));
    const int code = process->Wait();
    output_ = process->Output();
    return code;
  }
  std::string Config() const { return world_.ConfigFile("ARG"); }

  NodeWorld world_{{"ARG"}};
  TempDir logs_;
  std::string output_;

 private:
  int runs_ = 0;
};

}  // namespace enlace::testing
