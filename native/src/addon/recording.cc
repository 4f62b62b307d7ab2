// SPDX-License-Identifier: Apache-2.0
#include "addon/recording.h"

#include <algorithm>

namespace nabla::addon {

void Recording::add(const Entry& entry, const double* arguments, int64_t count) {
  calls_.push_back({&entry, numbers_.size(), static_cast<size_t>(count)});
  numbers_.insert(numbers_.end(), arguments, arguments + count);
}

void Recording::replay(Environment& environment) const {
  for (const Call& call : calls_) {
    std::copy_n(numbers_.data() + call.first, call.count, environment.arguments());
    Arguments arguments(environment, static_cast<int64_t>(call.count));
    try {
      call.entry->run(arguments);
    } catch (const BadCall& error) {
      throw BadCall(std::string(call.entry->name) + ": " + error.what());
    }
  }
}

int32_t Recorder::start() {
  if (current_ != nullptr) throw BadCall("another recording goes on");
  const auto made = recordings_.emplace(++last_, std::make_unique<Recording>());
  current_ = made.first->second.get();
  return last_;
}

void Recorder::stop() {
  if (current_ == nullptr) throw BadCall("no recording goes on");
  current_ = nullptr;
}

const Recording& Recorder::find(int64_t number) const {
  const auto found = recordings_.find(number);
  if (found == recordings_.end())
    throw BadCall("received the number of a recording that was forgotten or never existed: " + std::to_string(number));
  return *found->second;
}

void Recorder::forget(int64_t number) {
  if (&find(number) == current_) stop();
  recordings_.erase(number);
}

}  // namespace nabla::addon
