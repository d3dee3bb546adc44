package io.varve.log;

/**
 * Up to where a partition may be read (rule 6).
 *
 * @param offset the high watermark: exclusive
 * @param segmentBase base offset of the local segment the watermark is in or at the end of
 * @param position where in that segment
 */
record Watermark(long offset, long segmentBase, int position) {}
