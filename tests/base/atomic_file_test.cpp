#include "onramp/base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>

#include "support/disk_faults.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::names_in;
using Names = std::vector<std::string>;

TEST(WriteFileAtomic, ReplacesAFileAndLeavesNothingElse) {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "a.txt", "first");
  write_file_atomic(folder / "a.txt", std::string("second\0half", 11));
  EXPECT_EQ(read_file(folder / "a.txt"), std::string("second\0half", 11));
  write_file_atomic(folder / "empty", "");
  EXPECT_EQ(read_file(folder / "empty"), "");
  EXPECT_EQ(names_in(folder.path()), (Names{"a.txt", "empty"}));
}

TEST(WriteFileAtomic, LeavesTheOldFileWhenItCannotWriteTheNew) {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "a.txt", "first");
  {
    const test::FileSizeLimit limit(1000);
    expect_throws<IoError>([&] { write_file_atomic(folder / "a.txt", std::string(5000, 'x')); },
                           "a.txt: the file would pass the size limit");
  }
  EXPECT_EQ(names_in(folder.path()), Names{"a.txt"});
  EXPECT_EQ(read_file(folder / "a.txt"), "first");
}

TEST(WriteFileAtomic, SaysThatTheDiskIsFullAndLeavesTheOldFile) {
  const auto result = test::run_on_small_disk("64k", [](const std::filesystem::path& folder) -> std::string {
    write_file_atomic(folder / "a.txt", "first");
    try {
      write_file_atomic(folder / "a.txt", std::string(100000, 'x'));
      return "no error";
    } catch (const IoError& error) {
      const std::string message = error.what();
      if (message.find("no space left on the device; free some space and run the same command again") ==
          std::string::npos) {
        return message;
      }
    }
    if (names_in(folder) != Names{"a.txt"}) return "something was left";
    return read_file(folder / "a.txt") == "first" ? "" : "the old file is gone";
  });
  if (!result) GTEST_SKIP() << "no right to mount a small disk here";
  EXPECT_EQ(*result, "");
}

// Tests may run as root, whom permissions do not bind; the kernel's own folders bind everyone.
TEST(WriteFileAtomic, NamesThePathAndTheCause) {
  const test::TemporaryFolder folder;
  expect_throws<IoError>([&] { write_file_atomic(folder / "none/a.txt", "x"); }, "no such file or folder");
  write_file_atomic(folder / "file", "x");
  expect_throws<IoError>([&] { write_file_atomic(folder / "file/a.txt", "x"); }, "a part of the path is a file");
  expect_throws<IoError>([] { write_file_atomic("/proc/onramp.txt", "x"); }, "cannot write /proc/onramp.txt");
  std::filesystem::create_directory(folder / "folder");
  expect_throws<IoError>([&] { write_file_atomic(folder / "folder", "x"); }, "/folder: ");
  EXPECT_EQ(names_in(folder.path()), (Names{"file", "folder"}));
}

TEST(IoErrorText, SaysWhatToDo) {
  const auto text = [](int number) { return std::string(io_error("write", "a/b", number).what()); };
  EXPECT_EQ(text(ENOSPC),
            "cannot write a/b: no space left on the device; free some space and run the same command again");
  EXPECT_EQ(text(EACCES),
            "cannot write a/b: Permission denied; check the permissions of the folder or choose another one");
  EXPECT_EQ(text(EROFS),
            "cannot write a/b: Read-only file system; check the permissions of the folder or choose another one");
}

TEST(WriteFolderAtomic, ReplacesAFolderWithFilesInIt) {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& text) {
    write_folder_atomic(folder / "c", [&](const std::filesystem::path& temporary) {
      EXPECT_FALSE(std::filesystem::exists(temporary / "x"));
      std::ofstream(temporary / text) << text;
      std::filesystem::create_directory(temporary / "sub");
      std::ofstream(temporary / "sub" / "y") << text;
    });
  };
  write("one");
  write("two");
  EXPECT_EQ(names_in(folder.path()), Names{"c"});
  EXPECT_EQ(names_in(folder / "c"), (Names{"sub", "two"}));
  EXPECT_EQ(read_file(folder / "c/sub/y"), "two");
}

TEST(WriteFolderAtomic, LeavesTheOldFolderWhenFillingFails) {
  const test::TemporaryFolder folder;
  write_folder_atomic(folder / "c", [](const auto& temporary) { write_file_atomic(temporary / "x", "old"); });
  const auto fill_and_fail = [](const std::filesystem::path& temporary) {
    write_file_atomic(temporary / "x", "new");
    throw IoError("out of ink; buy some");
  };
  expect_throws<IoError>([&] { write_folder_atomic(folder / "c", fill_and_fail); }, "out of ink");
  EXPECT_EQ(names_in(folder.path()), Names{"c"});
  EXPECT_EQ(read_file(folder / "c/x"), "old");
  expect_throws<IoError>([&] { write_folder_atomic(folder / "none/c", fill_and_fail); }, "cannot create");
}

TEST(RemoveStaleTemporaries, RemovesThoseOfDeadWritersOnly) {
  const test::TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    try {  // a writer that is killed in the middle
      write_folder_atomic(folder / "c", [](const auto& temporary) {
        write_file_atomic(temporary / "x", "new");
        ::_exit(0);
      });
    } catch (...) {
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  const std::string alive = ".tmp.d.0." + std::to_string(::getppid());
  for (const auto& name : {alive, std::string("data.txt"), std::string(".tmp.odd")})
    std::ofstream(folder / name) << "x";

  EXPECT_EQ(names_in(folder.path()).size(), 4u);
  EXPECT_EQ(remove_stale_temporaries(folder.path()), 1);
  EXPECT_EQ(names_in(folder.path()), (Names{alive, ".tmp.odd", "data.txt"}));
}

TEST(RemoveStaleTemporaries, OfOneNameRemovesNoOther) {
  const test::TemporaryFolder folder;
  const std::string dead = "999999999";  // beyond the largest number that a process can have
  const std::string alive = std::to_string(::getppid());
  std::filesystem::create_directories(folder / (".tmp.a.3." + dead) / "episodes");
  for (const auto& name : {".tmp.a.0." + dead, ".tmp.a.1." + alive, ".tmp.a.5.0." + dead, ".tmp.ab.0." + dead,
                           ".tmp.a." + dead, std::string("a")}) {
    std::ofstream(folder / name) << "x";
  }
  const Names kept = [&] {
    Names names{".tmp.a.1." + alive, ".tmp.a.5.0." + dead, ".tmp.ab.0." + dead, ".tmp.a." + dead, "a"};
    std::sort(names.begin(), names.end());
    return names;
  }();
  EXPECT_EQ(remove_stale_temporaries_of(folder / "a"), 2);
  EXPECT_EQ(names_in(folder.path()), kept);
  EXPECT_EQ(remove_stale_temporaries_of(folder / "a" / ""), 0) << "a slash at the end names the same";
  EXPECT_EQ(remove_stale_temporaries_of(folder / "a.5" / ""), 1);
  EXPECT_EQ(remove_stale_temporaries_of(folder / "none" / "a"), 0);
}

TEST(ReadFile, ReadsFilesWithoutALengthAndRefusesLongOnes) {
  EXPECT_FALSE(read_file("/proc/self/status").empty());
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "a", std::string(100, 'x'));
  EXPECT_EQ(read_file(folder / "a", 100).size(), 100u);
  expect_throws<IoError>([&] { read_file(folder / "a", 99); }, "longer than the 99 bytes");
  expect_throws<IoError>([] { read_file("/dev/zero", 99); }, "longer than the 99 bytes");
  expect_throws<IoError>([&] { read_file(folder.path()); }, "it is a folder");
  expect_throws<IoError>([&] { read_file(folder / "none"); }, "no such file");
}

TEST(CanWrite, IsSaidBeforeTheWorkAndLeavesNothing) {
  const test::TemporaryFolder folder;
  EXPECT_NO_THROW(check_can_write(folder / "a.json"));
  EXPECT_NO_THROW(check_can_write(folder / "new" / "deeper" / "a.json"));
  EXPECT_TRUE(test::names_in(folder.path()).empty());
  write_file_atomic(folder / "file", std::string_view("x"));
  EXPECT_NO_THROW(check_can_write(folder / "file")) << "it would be replaced";
  test::expect_throws<IoError>([&] { check_can_write(folder / "file" / "a.json"); }, "a part of the path is a file");
  test::expect_throws<IoError>([&] { check_can_write(folder.path()); }, "it is a folder; name a file");
  test::expect_throws<IoError>([] { check_can_write("/proc/a.json"); }, "cannot write in /proc: ");
  test::expect_throws<IoError>([] { check_can_write("/proc/onramp/run/a.json"); },
                               "cannot write in /proc/onramp/run: ");
  if (::geteuid() == 0) return;  // whom permissions do not bind
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  test::expect_throws<IoError>([&] { check_can_write(folder / "a.json"); }, "check the permissions");
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace onramp
