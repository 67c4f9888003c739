// expect_throws<ShapeError>([] { ... }, "q_policy: want float [3, N], got float [2, 3]");
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <typeinfo>

namespace onramp::test {

/// Expects that `body` throws `E` and that the message holds `text`, in one line.
template <class E, class Body>
void expect_throws(Body&& body, const std::string& text) {
  try {
    body();
  } catch (const E& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find(text), std::string::npos) << "the message is: " << message << "\nit should hold: " << text;
    EXPECT_EQ(message.find('\n'), std::string::npos) << "more than one line: " << message;
    return;
  } catch (const std::exception& error) {
    FAIL() << "another exception, " << typeid(error).name() << ": " << error.what();
  }
  FAIL() << "nothing was thrown; it should say: " << text;
}

}  // namespace onramp::test
