// SPDX-License-Identifier: Apache-2.0
// Working memory of a kernel for the duration of one call, from the caching allocator. Take it before any parallel_for.

class Scratch {
 public:
  explicit Scratch(size_t bytes) : bytes_(bytes), block_(allocate(bytes)) {}
  ~Scratch() { release(block_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void* data() const { return block_; }
  float* floats() const { return static_cast<float*>(block_); }

 private:
  size_t bytes_;
  void* block_;
};
