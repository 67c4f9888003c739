// Episode files. The HDF5 library itself crashes on damaged files (those are read in a child process, see
// tests/data/mutants_test.cpp), so inputs describe a sound HDF5 file whose content is anything: a valid episode, and then
// changes to it. Input: first byte 0: the file as it stands; else a list of changes, each a byte and what it wants.
#include <hdf5.h>

#include <array>
#include <vector>

#include "fuzz.h"
#include "onramp/base/hash.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/data/store/hdf5_file.h"
#include "support/episodes.h"

namespace {

using onramp::fuzz::Bytes;

constexpr std::array kPaths = {
    "observations/state", "observations/wrist", "actions", "executed_actions", "rewards", "success",
    "extra/value",        "observations",       "extra",   "observations/new"};
constexpr std::array kAttributes = {"format", "format_version", "end",  "safety_stop_is_terminal",
                                    "length", "spec",           "meta", "extra"};

/// Closes what the library handed out, at the end of a scope.
class Ids {
 public:
  ~Ids() {
    for (auto id = ids_.rbegin(); id != ids_.rend(); ++id) H5Idec_ref(*id);
  }
  hid_t keep(hid_t id) {
    if (id >= 0) ids_.push_back(id);
    return id;
  }

 private:
  std::vector<hid_t> ids_;
};

template <size_t N>
std::string name(Bytes& input, const std::array<const char*, N>& known) {
  const auto which = input.number<uint8_t>();
  return which < N ? known[which] : input.text();
}

void add_dataset(hid_t file, Bytes& input) {
  const auto path = name(input, kPaths);
  const auto kind = input.number<uint8_t>();
  const std::array types = {H5T_IEEE_F32LE, H5T_STD_U8LE, H5T_IEEE_F64BE, H5T_STD_I64LE, H5T_C_S1};
  std::vector<hsize_t> dims(kind % 5);
  hsize_t count = 1;
  for (auto& n : dims) {
    n = input.number<uint8_t>();
    if (n == 255) n = input.number<uint64_t>() >> 1;  // claimed, not there
    if (__builtin_mul_overflow(count, n, &count)) count = ~hsize_t{0};
  }
  const hid_t type = types[kind / 8 % types.size()];
  Ids ids;
  const hid_t space = ids.keep(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
  const hid_t links = ids.keep(H5Pcreate(H5P_LINK_CREATE)), layout = ids.keep(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_create_intermediate_group(links, 1);
  const bool chunked = (kind & 0x80) != 0 || count > 65536;
  if (chunked && !dims.empty()) {
    const std::vector<hsize_t> chunk(dims.size(), 1);
    H5Pset_chunk(layout, static_cast<int>(chunk.size()), chunk.data());
  }
  H5Ldelete(file, path.c_str(), H5P_DEFAULT);
  const hid_t data = ids.keep(H5Dcreate2(file, path.c_str(), type, space, links, layout, H5P_DEFAULT));
  if (data >= 0 && count <= 4096) {
    std::vector<char> values(count * 8, static_cast<char>(input.number<uint8_t>()));
    H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  }
}

void add_attribute(hid_t file, Bytes& input) {
  const auto attribute = name(input, kAttributes);
  const auto kind = input.number<uint8_t>();
  H5Adelete(file, attribute.c_str());
  const hsize_t two = 2;
  Ids ids;
  const hid_t space = ids.keep((kind & 0x80) != 0 ? H5Screate_simple(1, &two, nullptr) : H5Screate(H5S_SCALAR));
  if (kind % 3 == 0) {
    const int64_t numbers[] = {input.number<int64_t>(), 0};
    const hid_t made = ids.keep(H5Acreate2(file, attribute.c_str(), H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Awrite(made, H5T_NATIVE_INT64, numbers);
    return;
  }
  const std::string text = input.text();
  const hid_t type = ids.keep(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, kind % 3 == 1 ? H5T_VARIABLE : std::max<size_t>(1, text.size()));
  const hid_t made = ids.keep(H5Acreate2(file, attribute.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT));
  const char* pointers[] = {text.c_str(), text.c_str()};
  const std::string twice = text + text + std::string(2, '\0');
  H5Awrite(made, type, kind % 3 == 1 ? static_cast<const void*>(pointers) : twice.data());
}

void change(hid_t file, Bytes& input) {
  switch (input.number<uint8_t>() % 5) {
    case 0:
      return add_dataset(file, input);
    case 1:
      return add_attribute(file, input);
    case 2:
      H5Ldelete(file, name(input, kPaths).c_str(), H5P_DEFAULT);
      return;
    case 3: {
      const auto path = name(input, kPaths);
      H5Ldelete(file, path.c_str(), H5P_DEFAULT);
      const auto target = input.text();
      input.number<uint8_t>() % 2 == 0
          ? H5Lcreate_soft(target.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT)
          : H5Lcreate_external("/dev/null", target.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      return;
    }
    default:
      H5Adelete(file, name(input, kAttributes).c_str());
  }
}

/// The file with its changes, under a head that vouches for it.
std::vector<std::byte> changed_episode(Bytes& input) {
  static const auto whole = onramp::encode_episode(onramp::test::make_episode(3, onramp::EndReason::kSuccess, 2));
  const auto sound = std::span(whole).subspan(512);
  std::vector<std::byte> image;
  {
    const onramp::Hdf5Session session;
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, false);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_file_image(access, const_cast<std::byte*>(sound.data()), sound.size());
    const hid_t file = H5Fopen("image", H5F_ACC_RDWR, access);
    H5Pclose(access);
    for (int i = 0; i < 16 && !input.empty(); ++i) change(file, input);
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    image.resize(static_cast<size_t>(std::max<ssize_t>(0, H5Fget_file_image(file, nullptr, 0))));
    H5Fget_file_image(file, image.data(), image.size());
    H5Fclose(file);
    H5Eclear2(H5E_DEFAULT);
  }
  std::string head =
      onramp::concat("onramp-episode 1\nbytes ", image.size(), "\nsha256 ", onramp::sha256_hex(image), "\n");
  head.resize(512, '\0');
  const auto bytes = std::as_bytes(std::span(head));
  image.insert(image.begin(), bytes.begin(), bytes.end());
  return image;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onramp;
  Bytes input(data, size);
  std::vector<std::byte> bytes;
  if (input.number<uint8_t>() == 0) {
    const auto rest = std::as_bytes(std::span(input.rest()));
    // With a checksum that fits, damage reaches the HDF5 library: not this target's business.
    fuzz::may_refuse([&] { decode_episode(rest, "fuzz.h5"); });
    return 0;
  }
  bytes = changed_episode(input);
  Episode episode;
  if (!fuzz::may_refuse([&] { episode = decode_episode(bytes, "fuzz.h5"); })) return 0;
  const auto once = encode_episode(episode);
  fuzz::expect(encode_episode(decode_episode(once, "again.h5")) == once,
               "an episode changes when it is written and read");
  return 0;
}
