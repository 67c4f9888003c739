#include "onramp/base/folder_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>

#include "onramp/base/error.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

TEST(FolderLock, RefusesASecondRunWhileTheFirstLives) {
  const test::TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder / "run");
    [[maybe_unused]] const auto n = ::write(ready[1], "x", 1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  test::expect_throws<IoError>([&] { FolderLock lock(folder / "run"); },
                               "run is in use by another run (process " + std::to_string(child) + "); wait for it");
  test::expect_throws<IoError>([&] { FolderLock::check_free(folder / "run"); },
                               "run is in use by another run (process ");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(FolderLock::check_free(folder / "run"));
  EXPECT_NO_THROW(FolderLock(folder / "run"));  // the kernel has released it
  EXPECT_NO_THROW(FolderLock::check_free(folder / "nowhere"));
  EXPECT_EQ(test::names_in(folder.path()), (std::vector<std::string>{"run"}));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FolderLock, IsReleasedAtTheEndOfItsScope) {
  const test::TemporaryFolder folder;
  { const FolderLock lock(folder.path()); }
  const FolderLock lock(folder.path());
  test::expect_throws<IoError>([&] { FolderLock second(folder.path()); }, "is in use by another run");
}

TEST(FolderLock, NamesAFolderThatCannotBe) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  test::expect_throws<IoError>([&] { FolderLock lock(folder / "file/run"); }, "a part of the path is a file");
  test::expect_throws<IoError>([&] { FolderLock lock(folder / "file"); }, "cannot create");
}

}  // namespace
}  // namespace onramp
