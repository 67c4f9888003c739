#include "jpeg.h"

#include <iterator>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "onramp/base/error.h"

namespace onramp::detail {

HostArray decode_pictures(const std::vector<std::vector<uint8_t>>& rows) {
  HostArray out;
  for (const auto& bytes : rows) {
    cv::Mat picture = bytes.empty() ? cv::Mat() : cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
    if (picture.empty() || picture.depth() != CV_8U) throw DataError("a picture cannot be decoded; the set is damaged");
    if (picture.channels() == 3) cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
    const std::vector<int64_t> shape{std::ssize(rows), picture.rows, picture.cols, picture.channels()};
    if (!out.shape.empty() && out.shape != shape) throw DataError("pictures of one episode differ in size");
    out.shape = shape;
    const auto* data = picture.ptr<uint8_t>();
    out.bytes.insert(out.bytes.end(), data, data + picture.total() * picture.elemSize());
  }
  return out;
}

}  // namespace onramp::detail
