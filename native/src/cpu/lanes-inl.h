// SPDX-License-Identifier: Apache-2.0
// Loops whose last vector may be partial, written once for whole and partial vectors: what a lane computes does not
// depend on where the loop starts or ends.

// The first `lanes` elements; whole vectors where the compiler sees that lanes is kLanes.
inline F32 load_lanes(const float* p, int lanes) { return lanes == kLanes ? load(p) : load_partial(p, lanes); }
inline I32 load_lanes(const int32_t* p, int lanes) { return lanes == kLanes ? load(p) : load_partial(p, lanes); }
inline I32 load_lanes(const uint8_t* p, int lanes) { return lanes == kLanes ? load_u8(p) : load_u8_partial(p, lanes); }
template <class Element, class Vector>
inline void store_lanes(Element* p, Vector x, int lanes) {
  if (lanes == kLanes)
    store(p, x);
  else
    store_partial(p, x, lanes);
}

// Calls f(i, lanes) for vectors that cover [begin, end); the last one may be partial.
template <class Function>
inline void for_vectors(int64_t begin, int64_t end, const Function& f) {
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) f(i, kLanes);
  if (i < end) f(i, static_cast<int>(end - i));
}
