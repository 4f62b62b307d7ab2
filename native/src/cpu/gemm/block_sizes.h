// SPDX-License-Identifier: Apache-2.0
// Sizes of the matrix product. Included once per target, after its SIMD header. "Measured" means with
// bench/gemm_bench.cc on a core with 32 KiB of L1 and 1 MiB of L2 cache (Zen 4).

// The tile of C that one microkernel call holds in registers: kTileRows x kTileColumns. The accumulators, one row of B
// and one element of A must fit the registers, and enough accumulators must be independent to hide the latency of
// mul_add: 8 x 48 (AVX-512; measured as fast as 12 x 32 or faster, and rows come in multiples of 8), 6 x 16 (AVX2), 8 x
// 12 (NEON), 4 x 8 (baseline, where a product needs a register of its own).
constexpr int kTileRows = kRegisters == 32 ? 8 : (kLanes == 8 ? 6 : 4);
constexpr int kTileVectors = kRegisters == 32 ? 3 : 2;
constexpr int kTileColumns = kTileVectors * kLanes;

// Products summed in registers before C is touched. 384: a panel of A is then 12 KiB (8 rows) and stays in the L1
// cache; measured 5 % better than 256 and no worse than 512.
constexpr int64_t kDepthBlock = 384;

// The part of C that a thread takes at a time: its panels of B, at most 192 KiB, stay in the L2 cache while those of A
// pass. Measured: 2 to 16 panels of A and 96 to 384 columns are equally fast, so it is small, to spread over many
// threads.
constexpr int64_t kTaskRows = 4 * kTileRows;
constexpr int64_t kTaskColumns = 128 / kTileColumns * kTileColumns;

// Up to so many rows, B is read where it is unless it is transposed; packing costs as much as multiplying by 2 to 4
// rows. Measured: 10 % better than packing at 64 rows, equal at 128; 32 where the rows of B compete for the same cache
// lines.
constexpr int64_t kDirectRows = 128, kDirectCollidingRows = 32;

// Up to so many rows (or columns), a product of two operands that are both contiguous along k is a set of dot products.
// 4: measured 1.3 to 4 times as fast as packing; from 8 on the sums over lanes make it slower for k = 128.
constexpr int64_t kThinRows = 4;
constexpr int kDotFew = kRegisters == 32 ? 4 : 2, kDotMany = 4;  // dot products summed at once, in registers

// C is computed in parts of at most so many rows and columns, which bounds the packed operands to 6 MiB.
constexpr int64_t kChunk = 2048;

// Floating-point operations worth a thread: some 10 microseconds, twice the time that waking it takes.
constexpr int64_t kParallelWork = 1 << 20;
