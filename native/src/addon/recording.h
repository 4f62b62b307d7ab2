// SPDX-License-Identifier: Apache-2.0
// Kernel calls that are noted as they are made, and can then be made again in one go, without JavaScript: what they
// read and write are the same buffers, which may hold other values by then. A replay checks each call as if JavaScript
// made it. The second one becomes a graph where the device has such (device::note_work): from then on all calls are one
// launch, as long as the memory of their buffers is the same, and all indices are known to be good.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "addon/run.h"

namespace nabla::addon {

class Recording {
 public:
  // Notes a call with the first `count` numbers of the argument area.
  void add(const Entry& entry, const double* arguments, int64_t count);
  bool replay(Environment& environment);  // whether as one launch

 private:
  // A buffer of the calls, as a replay has left it.
  struct Used {
    Handle handle;
    int64_t bound;  // of indices; 0: it has none
    const void* data;
    bool halves, is_written;
  };

  void run(Environment& environment) const;
  void run_and_look(Environment& environment);
  bool is_as_left(const Environment& environment) const;
  bool launch(Environment& environment);  // false: there is no graph

  struct Call {
    const Entry* entry;
    size_t first, count;  // of its numbers
  };
  std::vector<Call> calls_;
  std::vector<double> numbers_;
  std::vector<Used> used_;
  std::string precision_;  // of products, as a replay has left it
  std::unique_ptr<device::Graph> graph_;
  bool may_have_graph_ = true;  // until the device could not note it once
};

// The recordings of an environment, by number.
class Recorder {
 public:
  int32_t start();                                 // throws BadCall while another one goes on
  void stop();                                     // throws BadCall where none goes on
  Recording* current() const { return current_; }  // that calls are noted in; nullptr: none
  Recording& find(int64_t number) const;           // throws BadCall
  void forget(int64_t number);                     // throws BadCall

 private:
  std::map<int64_t, std::unique_ptr<Recording>> recordings_;
  int32_t last_ = 0;
  Recording* current_ = nullptr;
};

}  // namespace nabla::addon
