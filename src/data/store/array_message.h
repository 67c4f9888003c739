// What a child that reads a stranger's file sends to its parent: arrays and listings, as plain bytes.
//   numbers: int64; a text: number of bytes | the bytes; a list: number of items | the items
//   arrays: number | for each: path | shape | floats | bytes | number of texts | the texts
//   a listing: number of arrays | for each: path | kind | item bytes | shape; then the attributes of all objects
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "onramp/data/store/guarded_read.h"

namespace onramp {

std::vector<std::byte> pack_arrays(const std::map<std::string, HostArray>& arrays);
std::vector<std::byte> pack_listing(const Hdf5Listing& listing);

// The child may have been led astray by the file: nothing of what it says is taken on trust.

/// Sizes follow the shapes. @throws DataError that begins with `label`
std::map<std::string, HostArray> unpack_arrays(const std::string& label, std::span<const std::byte> bytes);
/// @throws DataError that begins with `label`
Hdf5Listing unpack_listing(const std::string& label, std::span<const std::byte> bytes);

}  // namespace onramp
