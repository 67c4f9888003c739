// What a child that read a stranger's file says to its parent: arrays, or what the file holds.
#include "data/store/array_message.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onramp;
  const auto bytes = std::as_bytes(std::span(data, size));
  std::map<std::string, HostArray> arrays;
  fuzz::may_refuse([&] { arrays = unpack_arrays("fuzz.h5", bytes); });
  for (const auto& [path, array] : arrays) {
    uint64_t count = 1;
    for (const int64_t n : array.shape) {
      fuzz::expect(n >= 0, "a negative size");
      count *= static_cast<uint64_t>(n);
    }
    fuzz::expect(count == array.floats.size() + array.bytes.size() + array.texts.size(),
                 "an array of another size than its shape");
  }
  Hdf5Listing listing;
  if (!fuzz::may_refuse([&] { listing = unpack_listing("fuzz.h5", bytes); })) return 0;
  for (const auto& [path, array] : listing.arrays) {
    for (const int64_t n : array.shape) fuzz::expect(n >= 0, "a negative size in a listing");
  }
  fuzz::expect(unpack_listing("again.h5", pack_listing(listing)) == listing,
               "a listing changes when it is sent once more");
  return 0;
}
