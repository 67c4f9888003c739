#include "onramp/core/safetensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/file_descriptor.h"
#include "onramp/base/hash.h"
#include "onramp/base/random.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

using test::expect_throws;

void write_plain(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string with_header(const std::string& header, const std::string& data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(header.size() >> (8 * i)));
  return bytes + header + data;
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const auto x = a.contiguous(), y = b.contiguous();
  return std::string_view(static_cast<const char*>(x.const_data_ptr()), x.nbytes()) ==
         std::string_view(static_cast<const char*>(y.const_data_ptr()), y.nbytes());
}

TEST(Safetensors, KeepsEveryBitOfEveryDtype) {
  const test::TemporaryFolder folder;
  std::map<std::string, at::Tensor> tensors;
  for (const auto dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                           at::kChar, at::kByte, at::kBool}) {
    tensors[c10::toString(dtype)] = at::arange(12).reshape({3, 4}).to(dtype);
  }
  tensors["scalar"] = at::scalar_tensor(2.5);
  tensors["none"] = at::zeros({0, 5});
  tensors["transposed"] = at::arange(6).reshape({2, 3}).t();
  tensors["nan"] = at::full({2}, std::numeric_limits<double>::quiet_NaN());
  tensors["images"] = at::rand({2, 3, 4, 5}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto digest = write_safetensors(folder / "a", tensors);
  const auto text = read_file(folder / "a");
  EXPECT_EQ(digest.bytes, text.size());
  EXPECT_EQ(digest.sha256, sha256_hex(text));
  EXPECT_EQ(digest_file(folder / "a").sha256, digest.sha256);

  const auto read = read_safetensors(folder / "a");
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(same_bits(read.at(name), tensor)) << name;

  write_safetensors(folder / "b", {});
  EXPECT_TRUE(read_safetensors(folder / "b").empty());
  EXPECT_THROW(write_safetensors(folder / "c", {{"undefined", at::Tensor()}}), std::logic_error);
}

TEST(Safetensors, ReadsAFileOfTheReferenceImplementation) {
  const test::TemporaryFolder folder;
  // Written by the Python package safetensors 0.8.0.
  const std::string header =
      R"({"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},)"
      R"("e":{"dtype":"U8","shape":[0,3],"data_offsets":[16,16]}}   )";
  const std::string data("\x07\0\0\0\0\0\0\0\0\0\x80?\0\0 \xc0", 16);
  write_plain(folder / "a", with_header(header, data));
  const auto tensors = read_safetensors(folder / "a");
  ASSERT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors.at("n").item<int64_t>(), 7);
  EXPECT_TRUE(at::equal(tensors.at("a"), at::tensor({1.0f, -2.5f}).reshape({1, 2})));
  EXPECT_EQ(tensors.at("e").sizes(), (std::vector<int64_t>{0, 3}));
}

struct Damage {
  std::string bytes, message;
};

class SafetensorsDamage : public ::testing::TestWithParam<Damage> {};

TEST_P(SafetensorsDamage, IsOneClearLine) {
  const test::TemporaryFolder folder;
  write_plain(folder / "net.safetensors", GetParam().bytes);
  expect_throws<CheckpointError>([&] { read_safetensors(folder / "net.safetensors"); },
                                 "net.safetensors is damaged (" + GetParam().message);
}

std::string one_tensor(const std::string& description, size_t bytes = 8) {
  return with_header("{\"t\":" + description + "}", std::string(bytes, '\1'));
}

std::string two_tensors(const std::string& first, const std::string& second) {
  return with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)" + first +
                         R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + second + "}}",
                     std::string(8, '\0'));
}

INSTANTIATE_TEST_SUITE_P(
    All, SafetensorsDamage,
    ::testing::Values(
        Damage{"", "it is too short"}, Damage{"1234567", "it is too short"},
        Damage{std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10), "the length of its header"},
        Damage{std::string("\xff\0\0\0\0\0\0\0{}", 10), "the length of its header"},
        Damage{with_header("{]", ""), "no JSON at byte 2"}, Damage{with_header("", ""), "no JSON"},
        Damage{with_header("[1]", ""), "its JSON is not an object"},
        Damage{with_header("{\"a\xff\": 1}", ""), "no JSON at byte"},
        Damage{with_header("{\"a\":" + std::string(1000000, '['), ""), "its JSON is nested deeper than 32"},
        Damage{with_header("{}", "left over"), "its length is not that of its tensors"},
        Damage{one_tensor("3"), "tensor 't': no dtype"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[2]})"), "tensor 't': no dtype"},
        Damage{one_tensor(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})"), "tensor 't': unknown dtype"},
        Damage{one_tensor(R"({"dtype":7,"shape":[2],"data_offsets":[0,8]})"), "tensor 't': unknown dtype"},
        Damage{one_tensor(R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})"), "tensor 't': bad shape"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "tensor 't': bad shape"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), "tensor 't': bad shape"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]})"),
               "tensor 't': bad shape"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]})"),
               "tensor 't': bad shape"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), "tensor 't': its shape does not fit"},
        // 2^62 * 4 bytes is 0 modulo 2^64, and so are 2^32 * 2^32
        Damage{one_tensor(R"({"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]})", 0),
               "tensor 't': its shape"},
        Damage{one_tensor(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]})", 0),
               "tensor 't': its shape"},
        Damage{one_tensor(R"({"dtype":"U8","shape":[0,4611686018427387904,4],"data_offsets":[0,0]})", 0),
               "tensor 't': its shape"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "tensor 't': bad data_offsets"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"), "tensor 't': bad data_offsets"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})"), "tensor 't': bad data_offsets"},
        Damage{one_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[8,16]})"), "the data of its tensors overlap"},
        // A whole tensor of 4 TB that is not there: refused before memory is asked for
        Damage{one_tensor(R"({"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]})"),
               "its length is not"},
        Damage{two_tensors("[0,4]", "[0,4]"), "the data of its tensors overlap or leave a gap"},
        Damage{two_tensors("[0,4]", "[2,6]"), "the data of its tensors overlap or leave a gap"},
        Damage{two_tensors("[0,4]", "[5,9]"), "the data of its tensors overlap or leave a gap"},
        Damage{with_header(R"({"t":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", "\1\2"),
               "tensor 't': a bool is neither 0 nor 1"}));

TEST(Safetensors, SurvivesAnyDamage) {
  // In memory: a disk would spend milliseconds on each of them.
  const FileDescriptor file(::memfd_create("damaged", MFD_CLOEXEC));
  const std::filesystem::path path = "/proc/self/fd/" + std::to_string(file.get());
  write_safetensors(path, {{"weight", at::full({3, 4}, 0.5)},
                           {"step", at::scalar_tensor(7, at::kLong)},
                           {"mask", at::ones({5}, at::kBool)}});
  const std::string whole = read_file(path);
  RandomStream stream(1, "damage");
  int refused = 0;
  constexpr int kTrials = 5000;
  for (int trial = 0; trial < kTrials; ++trial) {
    Rng rng = stream.next();
    std::string bytes = whole;
    const auto place = [&] { return static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size()))); };
    for (int64_t i = rng.below(4); i >= 0; --i) {
      switch (rng.below(5)) {
        case 0:
          bytes[place()] ^= static_cast<char>(1 << rng.below(8));
          break;
        case 1:
          bytes[place()] = static_cast<char>(rng.below(256));
          break;
        case 2:
          bytes[place()] = "0123456789-{}[]\","[rng.below(17)];
          break;
        case 3:
          bytes.resize(place() + 1);
          break;
        default:
          bytes.insert(place(), bytes.substr(place(), static_cast<size_t>(rng.below(16))));
          break;
      }
    }
    ASSERT_EQ(::ftruncate(file.get(), 0), 0);
    ASSERT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    try {
      read_safetensors(path);
    } catch (const CheckpointError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, kTrials / 2);  // damage of the data alone is seen by the checkpoint's checksum
}

}  // namespace
}  // namespace onramp
