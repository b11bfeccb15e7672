#pragma once

#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

// A real file system of a chosen size, mounted for a test and, as TMPDIR, the home of all its
// folders. Needs root and the right to mount; `mounted()` says whether that worked.
namespace enlace::testing {

class SmallDisk {
 public:
  enum class Kind { kMemory, kExt4 };

  SmallDisk(Kind kind, int mib) : path_(dir_.path("disk")) {
    std::filesystem::create_directory(path_);
    mounted_ = kind == Kind::kMemory ? mount("none", path_.c_str(), "tmpfs", 0,
                                             fmt::format("size={}m", mib).c_str()) == 0
                                     : MountExt4(mib);
    if (!mounted_) return;
    const char* before = std::getenv("TMPDIR");
    before_ = before != nullptr ? before : "";
    setenv("TMPDIR", path_.c_str(), 1);
  }
  ~SmallDisk() {
    if (!mounted_) return;
    if (before_.empty()) {
      unsetenv("TMPDIR");
    } else {
      setenv("TMPDIR", before_.c_str(), 1);
    }
    umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  // What the kernel does when such a disk fails: read-only from now on, open files too.
  bool Abort() const { return mount("none", path_.c_str(), "ext4", MS_REMOUNT, "abort") == 0; }

 private:
  bool MountExt4(int mib) {
    const std::string image = dir_.Write("image", "");
    std::filesystem::resize_file(image, static_cast<uint64_t>(mib) << 20);
    const auto run = [&](const std::string& program, const std::vector<std::string>& arguments) {
      return std::filesystem::exists(program) &&
             Process(program, arguments, dir_.path("said")).Wait() == 0;
    };
    return geteuid() == 0 && run("/sbin/mkfs.ext4", {"-q", "-F", image}) &&
           run("/bin/mount", {"-o", "loop", image, path_});
  }

  TempDir dir_;
  const std::string path_;
  bool mounted_ = false;
  std::string before_;
};

}  // namespace enlace::testing
