// onramp-export on what a tiny run left behind, and examples/python/load_policy.py on what it wrote.
#include <gtest/gtest.h>

#include "apps/tiny_run.h"
#include "test_paths.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

struct Export : ::testing::Test {
  void SetUp() override { ASSERT_EQ(whole_run().finished.code, 0) << whole_run().finished.err; }
  Finished start(const std::vector<std::string>& arguments) {
    return run_program("onramp-export", arguments, folder.path(), {"OMP_NUM_THREADS=1"});
  }
  TemporaryFolder folder;
};

TEST_F(Export, WritesARunsLastPolicyOrAnyOther) {
  const auto last = start({whole_run().run.string()});
  ASSERT_EQ(last.code, 0) << last.err;
  EXPECT_NE(last.out.find("policies/online"), std::string::npos) << last.out;
  EXPECT_TRUE(fs::exists(folder / "policy.pt"));
  const auto other = start({(whole_run().run / "policies" / "cloning").string(), "--out", "cloning.pt"});
  ASSERT_EQ(other.code, 0) << other.err;
  EXPECT_TRUE(fs::exists(folder / "cloning.pt"));
}

constexpr const char* kRemembers = R"(run: {seed: 5}
compute: {threads: 1}
env: {type: vacuum_grasp, images: false}
policies:
  expert: {type: vacuum_grasp_expert, noise: 0.3}
learners:
  cloning: {type: bc, policy: mixture_rnn, batch_size: 8, input: {images: none}, recurrent: {units: 16}}
phases:
  - {type: collect, name: demonstrations, policy: expert, episodes: 2}
  - {type: learn, name: cloning, learner: cloning, updates: 5}
)";

TEST_F(Export, TakesAPolicyThatRemembersToPythonToo) {
  write_file_atomic(folder / "remembers.yaml", std::string_view(kRemembers));
  const auto run = folder / "run";
  const auto trained =
      run_program("onramp-train", tiny_arguments(folder / "remembers.yaml", run), folder.path(), {"OMP_NUM_THREADS=1"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  const auto file = (folder / "remembers.pt").string();
  const auto exported = start({run.string(), "--out", file});
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_NE(exported.out.find("loaded again, its actions differ by at most"), std::string::npos) << exported.out;
  const std::string python = ONRAMP_SOURCE_DIR "/.deps/python/bin/python";
  if (!fs::exists(python)) GTEST_SKIP() << "no Python with PyTorch: scripts/setup.sh --python";
  const auto loaded = run_program(python, {ONRAMP_SOURCE_DIR "/examples/python/load_policy.py", file});
  EXPECT_EQ(loaded.code, 0) << loaded.err;
  EXPECT_NE(loaded.out.find("density: mixture"), std::string::npos) << loaded.out;
  EXPECT_NE(loaded.out.find("largest difference"), std::string::npos) << loaded.out;
}

TEST_F(Export, RefusesWhatIsNoPolicyAndWritesNothing) {
  expect_refused(start({folder.path().string()}), 1, "no policy in it");
  expect_refused(start({whole_run().run.string(), "--no-such-option"}), 2, "--no-such-option");
  expect_refused(start({whole_run().run.string(), "--out", "policy.onnx"}), 2, "want a file's name that ends in .pt");
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST_F(Export, ActsTheSameInPython) {
  const std::string python = ONRAMP_SOURCE_DIR "/.deps/python/bin/python";
  if (!fs::exists(python)) GTEST_SKIP() << "no Python with PyTorch: scripts/setup.sh --python";
  for (const char* phase : {"online", "cloning"}) {
    SCOPED_TRACE(phase);
    const auto file = (folder / phase).string() + ".pt";
    ASSERT_EQ(start({(whole_run().run / "policies" / phase).string(), "--out", file}).code, 0);
    const auto loaded = run_program(python, {ONRAMP_SOURCE_DIR "/examples/python/load_policy.py", file});
    EXPECT_EQ(loaded.code, 0) << loaded.err;
    EXPECT_NE(loaded.out.find("largest difference"), std::string::npos) << loaded.out;
  }
  write_file_atomic(folder / "damaged.pt", std::string_view("damaged"));
  for (const char* file : {"nope.pt", "damaged.pt"}) {
    const auto path = (folder / file).string();
    const auto refused = run_program(python, {ONRAMP_SOURCE_DIR "/examples/python/load_policy.py", path});
    EXPECT_EQ(refused.code, 1);
    EXPECT_TRUE(refused.err.starts_with("error: " + path + ": cannot be loaded: ")) << refused.err;
    EXPECT_EQ(lines_of(refused.err).size(), 1u) << refused.err;
  }
}

}  // namespace
}  // namespace onramp::test
