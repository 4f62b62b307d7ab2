// SPDX-License-Identifier: Apache-2.0
// Sizes of the matrix product. Included once per target, after its SIMD header. "Measured" means with
// bench/gemm_bench.cc on cores with 32 or 48 KiB of L1 and 1 MiB of L2 cache (Zen 4, Zen 5).

// The tile of C that one microkernel call holds in registers: kTileRows x kTileColumns. The accumulators, one row of B
// and one element of A must fit the registers, and enough accumulators must be independent to hide the latency of
// mul_add: 8 x 48 (AVX-512; measured as fast as 12 x 32 or faster, and rows come in multiples of 8), 6 x 16 (AVX2), 8 x
// 12 (NEON), 4 x 8 (baseline, where a product needs a register of its own).
constexpr int kTileRows = kRegisters == 32 ? 8 : (kLanes == 8 ? 6 : 4);
constexpr int kTileVectors = kRegisters == 32 ? 3 : 2;
constexpr int kTileColumns = kTileVectors * kLanes;

// Elements of C from which on its tiles are prefetched while their sums are made. Measured: 15 to 25 % faster for many
// products of 256 x 64 x 256, 2 to 5 % slower for 64 x 64 x 64 and 128 x 128 x 128.
constexpr int64_t kPrefetchFloats = 1 << 15;

constexpr int64_t kLineFloats = 16;  // in a line of the caches

// Products summed in registers before C is touched. 512: a panel of A is then 16 KiB (8 rows) and stays in the L1
// cache. Measured: 5 % better than 256, as good as 384 with 1 MiB of L2 cache, 3 to 5 % better than 384 with 2 MiB (512
// x 512 x 512, 1024 x 1024 x 1024), 768 worse.
constexpr int64_t kDepthBlock = 512;

// The part of C that is computed at a time, in panels of A and columns: the panels of B, at most 384 KiB, stay in the
// L2 cache while those of A pass. Measured: 4 panels of B are up to 8 % faster than 2 (256 x 256 x 256), 8 are no
// faster.
constexpr int64_t kBlockRows = 4, kBlockWidth = 192;

// Up to this depth, panels of A that follow each other meet a panel of B in one call of the microkernel: B stays in the
// L1 cache. Measured: 5 to 8 % faster for 64 x 64 x 64, no change at depth 128, 7 % slower at 256.
constexpr int64_t kShallow = 128;

// Up to so many rows, B is read where it is unless it is transposed, and up to so many columns a transposed A: packing
// costs as much as multiplying by some rows. Measured: 4 to 15 % better than packing at 256. Where the rows of the
// operand compete for the same cache lines it is read there only once, for a single tile: packing is 1.3 times as fast
// for 16, and 1.4 times for 32 rows times 768 x 3072.
constexpr int64_t kDirectRows = 256;

// Up to so many rows (or columns), a product of two operands that are both contiguous along k is a set of dot products.
// The sums over lanes cost the more the shorter the dot products are. Measured against packing: 1.3 to 4 times as fast
// up to 4 rows, 1.2 to 1.6 times at 8 and 16 rows for k = 768, equal at 16 rows for k = 256 and at 32 for k = 784.
constexpr int64_t kThinRows = 4, kThinDepthPerRow = 24;
constexpr int64_t kThinFloats = 1 << 16;  // of the smaller operand, which is read again and again: a part of L2
constexpr int kDotFew = kRegisters == 32 ? 4 : 2, kDotMany = 4;  // dot products summed at once, in registers

// Bytes that a row of the larger operand is prefetched ahead, of float32 or bf16. Measured in float32 for dot products
// on 384 MiB of weights of GPT-2's shapes, GB/s of one thread (two threads): four adjacent rows at once 24 (42), one
// row 29 (52), four rows that are far apart 35 (65), with this prefetch 38 (67), 2 KiB ahead 36 (64), 4 KiB 32 (58);
// eight rows apart 33 (61). A plain sum of the same bytes: 32 (54) as one stream, 37 (66) as four. Large pages changed
// none of it.
constexpr int64_t kPrefetchBytes = 1024;

// Up to so many rows, a product with a B that is contiguous along its rows adds up scaled rows of B; with more than
// kFewRows only where B is larger than the L2 cache. Measured against reading B in panels of columns, for one row, two
// and four: 1.5, 1.3 and 1.3 times as fast on GPT-2's weights in memory, 1.4, 1.2 and 0.85 times for 64 x 128 to
// 256 x 256 in the cache, 1.3, 1.05 and 0.75 times with 96 columns; equal on memory for 8 rows.
constexpr int64_t kFewRows = 2, kLargeFloats = 1 << 18, kThinColumns = 96, kThinDepth = 64;

// And where B is stored as bf16, whose panels would have to be widened. A token of GPT-2 takes 0.60 (two threads: 0.63)
// of its time in float32.
constexpr int64_t kBf16FewRows = 8;

constexpr int kRowFew = kRegisters == 32 ? 4 : 2;  // rows of C that meet a row of B in one call

// The parts of k that threads share, and the rows of B that are read at once, far apart within a part. Measured as
// above, GB/s of one thread (two threads): 4 rows 30 (48), 8 rows 23 (44), 8 adjacent ones 24 (45); 4 parts no better
// than 8; threads that share the columns instead 22 (36) with 8 rows. A plain sum of the same bytes: 25 (36).
constexpr int kRowStreams = 4;
constexpr int64_t kDepthParts = 8;
constexpr int64_t kRowColumns = 4096;  // floats of C that are summed up at a time, in the L1 cache

// Up to so many rows, a B that was packed before is worth its memory. Measured in bf16, over packing it again: 2 times
// as fast at 16 rows, 1.3 times at 64.
constexpr int64_t kMostKeptRows = 128;

// C is computed in parts of at most so many rows and columns, which bounds the packed operands to 4.4 MiB.
constexpr int64_t kChunk = 2048;
