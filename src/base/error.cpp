#include "onramp/base/error.h"

#include <cstdio>
#include <new>
#include <string_view>

namespace onramp {
namespace {

int report(std::string_view kind, std::string_view message, int exit_code) {
  // LibTorch's messages carry a stack trace from the second line on.
  const auto line = message.substr(0, message.find('\n'));
  std::fflush(stdout);
  std::fprintf(stderr, "%.*s%.*s\n", static_cast<int>(kind.size()), kind.data(), static_cast<int>(line.size()),
               line.data());
  return exit_code;
}

}  // namespace

int run_main(const std::function<int()>& body) noexcept {
  try {
    return body();
  } catch (const ConfigError& error) {
    return report("error: ", error.what(), 2);
  } catch (const InterruptedError& error) {
    return report("", error.what(), 130);
  } catch (const Error& error) {
    return report("error: ", error.what(), 1);
  } catch (const std::bad_alloc&) {
    return report("error: ", "out of memory", 1);
  } catch (const std::logic_error& error) {
    return report("internal error (please report it): ", error.what(), 1);
  } catch (const std::exception& error) {
    return report("error: ", error.what(), 1);
  } catch (...) {
    return report("error: ", "unknown exception", 1);
  }
}

namespace detail {
void check_failed(const char* file, int line, const char* condition, const std::string& message) {
  throw std::logic_error(concat(file, ":", line, ": ", condition, message.empty() ? "" : ": ", message));
}
}  // namespace detail

}  // namespace onramp
