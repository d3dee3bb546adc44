package io.varve.log;

import java.nio.channels.FileChannel;

/**
 * Records that lie in a local segment file.
 *
 * @param position in bytes
 * @param length in bytes
 * @param release gives the file back; to be run exactly once
 */
public record FileSlice(FileChannel channel, long position, int length, Runnable release) {}
