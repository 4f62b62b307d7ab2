// SPDX-License-Identifier: Apache-2.0
// Makes calls that were noted again, one by one or as a graph.
#include "addon/recording.h"

#include <algorithm>

namespace nabla::addon {

void Recording::add(const Entry& entry, const double* arguments, int64_t count) {
  calls_.push_back({&entry, numbers_.size(), static_cast<size_t>(count)});
  numbers_.insert(numbers_.end(), arguments, arguments + count);
}

bool Recording::replay(Environment& environment) {
  if (launch(environment)) return true;
  graph_.reset();
  if (may_have_graph_)
    run_and_look(environment);
  else
    run(environment);
  return false;
}

bool Recording::launch(Environment& environment) {
  if (!may_have_graph_ || used_.empty() || !is_as_left(environment)) return false;
  if (graph_ == nullptr) graph_ = device::note_work([&] { run(environment); });
  may_have_graph_ = graph_ != nullptr;
  if (graph_ != nullptr) graph_->launch();
  // Noting is not writing: what it told of the bounds of outputs holds no more than for the launches to come.
  const uint64_t call = environment.next_call();
  for (const Used& used : used_)
    if (used.is_written) environment.find(used.handle)->writer = call;
  return graph_ != nullptr;
}

bool Recording::is_as_left(const Environment& environment) const {
  if (precision_ != device::matmul_precision()) return false;
  return std::all_of(used_.begin(), used_.end(), [&](const Used& used) {
    const Slot* slot = environment.find(used.handle);
    if (slot == nullptr || slot->data != used.data || slot->halves != used.halves) return false;
    if (used.bound == 0) return true;
    const KnownBounds known = slot->known_bounds();
    return known && known->are_indices(used.bound);
  });
}

void Recording::run_and_look(Environment& environment) {
  const uint64_t before = environment.next_call();
  NotedBuffers noted;
  environment.note_buffers(&noted);
  try {
    run(environment);
  } catch (...) {
    environment.note_buffers(nullptr);
    throw;
  }
  environment.note_buffers(nullptr);
  precision_ = device::matmul_precision();
  used_.clear();
  std::sort(noted.begin(), noted.end());
  noted.erase(std::unique(noted.begin(), noted.end()), noted.end());
  for (const auto& [handle, bound] : noted) {
    const Slot& slot = *environment.find(handle);
    const bool is_written = slot.writer > before;
    used_.push_back({handle, bound, slot.data, slot.halves, is_written});
    if (is_written && bound != 0) may_have_graph_ = false;  // nobody knows what indices it will make
  }
}

void Recording::run(Environment& environment) const {
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

Recording& Recorder::find(int64_t number) const {
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
