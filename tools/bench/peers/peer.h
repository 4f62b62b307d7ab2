// SPDX-License-Identifier: Apache-2.0
// The conversation of a peer in C++: reads requests, one line of JSON each, answers them, and holds the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

namespace bench {

// A request: JSON without nesting, of which a value is found by its name.
class Request {
 public:
  explicit Request(std::string line) : line_(std::move(line)) {}

  std::string text(const std::string& name) const {
    const size_t begin = find(name);
    if (begin == std::string::npos) return "";
    const size_t end = line_.find_first_of(",}", begin);
    const std::string value = line_.substr(begin, end - begin);
    return value.front() == '"' ? value.substr(1, value.size() - 2) : value;
  }
  int64_t number(const std::string& name) const { return std::atoll(text(name).c_str()); }
  bool flag(const std::string& name) const { return text(name) == "true"; }

 private:
  size_t find(const std::string& name) const {
    const std::string key = "\"" + name + "\":";
    const size_t at = line_.find(key);
    return at == std::string::npos ? at : at + key.size();
  }

  std::string line_;
};

// A case made ready: what the clock runs, and the fingerprint of what it computed.
struct Job {
  std::function<void()> run;
  std::function<std::string()> check;
};

// Makes the case of a request ready, or nothing where this peer has no such case.
using Prepare = std::function<std::optional<Job>(const Request&)>;

inline double seconds_of(const Job& job, int count) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) job.run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline int serve(const std::string& version, const Prepare& prepare) {
  std::cout << "{\"version\":\"" << version << "\"}" << std::endl;
  std::optional<Job> job;
  for (std::string line; std::getline(std::cin, line);) {
    const Request request(line);
    if (request.text("do") == "time" && job) {
      std::cout << "{\"seconds\":" << seconds_of(*job, request.number("count")) << "}" << std::endl;
      continue;
    }
    job.reset();
    try {
      job = prepare(request);
      if (job) job->run();
      std::cout << (job ? "{\"check\":" + job->check() + "}" : "{}") << std::endl;
    } catch (const std::exception& error) {
      std::cout << "{\"error\":\"" << error.what() << "\"}" << std::endl;
    }
  }
  return 0;
}

}  // namespace bench
