// Compressed pictures of other formats.
#pragma once

#include <cstdint>
#include <vector>

#include "onramp/data/store/guarded_read.h"

namespace onramp::detail {

/// JPEG files of one size -> uint8 [rows, H, W, C], RGB. For an ArrayField: runs in the reader's child, as a damaged
/// picture is a stranger's file too. @throws DataError
HostArray decode_pictures(const std::vector<std::vector<uint8_t>>& rows);

}  // namespace onramp::detail
