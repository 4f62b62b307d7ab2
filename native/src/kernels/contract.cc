// SPDX-License-Identifier: Apache-2.0
// The one way for a kernel to refuse its data: an exception that the addon turns into a NativeError.
#include "kernels/contract.h"

#include <cstdarg>
#include <stdexcept>
#include <string>

namespace nabla {

void fail(const char* kernel, const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  throw std::invalid_argument(std::string(kernel) + ": " + text);
}

}  // namespace nabla
